import { CryptoError } from "./errors.ts";
import { epochMax, fragmentIdForm, keyCheckValueForm, timeForm } from "./fragment-payload.ts";
import { parseId } from "./identifiers.ts";
import { parseSealMethod, type SealMethod, sealMethodText } from "./seal-method.ts";

/** What anybody may read of a fragment file: which it is, and how it is sealed. */
export interface FragmentHeader {
  fragment: string;
  account: string;
  instance: string;
  epochs: { e: number; kcv: string; created: string }[];
  vaultEpochs: { f: number; kcv: string }[];
  /** As 2026-11-24T06:00:00Z. */
  written: string;
  seal: SealMethod;
}

/** The lines from `Version` to `Seal`, each with its line feed. */
export function headerText(header: FragmentHeader): string {
  const lines = [
    "Version: 1",
    `Fragment: ${header.fragment}`,
    `Account: ${header.account}`,
    `Instance: ${header.instance}`,
    ...header.epochs.map(({ e, kcv, created }) => `Epoch: ${e} kcv=${kcv} created=${created}`),
    ...header.vaultEpochs.map(({ f, kcv }) => `VaultEpoch: ${f} kcv=${kcv}`),
    `Written: ${header.written}`,
    `Seal: ${sealMethodText(header.seal)}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** @throws {CryptoError} `E_FORMAT` unless {@link headerText} gives the same text again. */
export function parseHeader(text: string): FragmentHeader {
  const fields = text.split("\n").map((line): [string, string] => {
    const end = line.indexOf(": ");
    return end < 0 ? ["", line] : [line.slice(0, end), line.slice(end + 2)];
  });
  const all = (name: string) => fields.filter(([field]) => field === name).map(([, value]) => value);
  const one = (name: string) => {
    const [value, ...more] = all(name);
    if (value === undefined || more.length > 0)
      throw new CryptoError("E_FORMAT", `a fragment file has one line ${name}`);
    return value;
  };
  if (one("Version") !== "1") throw new CryptoError("E_FORMAT", "a fragment file of an unknown version");
  const header: FragmentHeader = {
    fragment: matching(one("Fragment"), fragmentIdForm),
    account: one("Account"),
    instance: one("Instance"),
    epochs: all("Epoch").map((value) => {
      const [e, kcv, created] = parts(value, /^(\d+) kcv=(.+) created=(.+)$/);
      return { e: epoch(e), kcv: matching(kcv, keyCheckValueForm), created: matching(created, timeForm) };
    }),
    vaultEpochs: all("VaultEpoch").map((value) => {
      const [f, kcv] = parts(value, /^(\d+) kcv=(.+)$/);
      return { f: epoch(f), kcv: matching(kcv, keyCheckValueForm) };
    }),
    written: matching(one("Written"), timeForm),
    seal: parseSealMethod(one("Seal")),
  };
  parseId(header.account);
  parseId(header.instance);
  // Order, spelling and stray lines, in one comparison.
  if (headerText(header) !== text)
    throw new CryptoError("E_FORMAT", "a fragment file's header in another spelling");
  return header;
}

function parts(value: string, form: RegExp): string[] {
  return (form.exec(matching(value, form)) ?? []).slice(1);
}

function matching(value: string | undefined, form: RegExp): string {
  if (value === undefined || !form.test(value))
    throw new CryptoError("E_FORMAT", "a line of the fragment file's header");
  return value;
}

function epoch(value: string | undefined): number {
  const number = Number(value);
  if (!(number >= 1 && number <= epochMax))
    throw new CryptoError("E_FORMAT", "an epoch in the fragment file's header");
  return number;
}
