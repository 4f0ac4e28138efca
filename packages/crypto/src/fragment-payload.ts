import { fromBase64Url, fromHex } from "./buffers.ts";
import { CryptoError } from "./errors.ts";
import { parseId } from "./identifiers.ts";
import { parseJsonObject } from "./padded-json.ts";

/** The customer keyring as its file holds it. Byte strings are base64url where they are keys, else hex. */
export interface FragmentPayload {
  v: 1;
  /** `cf-…` */
  fragment: string;
  account: string;
  control: string;
  /** Ascending. `parts` has one part, "0": the whole key. */
  epochs: { e: number; created: string; parts: { "0": string } }[];
  vaultEpochs: { f: number; kcv: string }[];
  /** Hash of journal entry 0, hex; zero before there is one. */
  genesis: string;
  instance: { id: string; sign: string; vault: string; key: string };
  /** age recipient of the paper shares' identity. */
  recovery?: string;
}

/** @throws {CryptoError} `E_FORMAT`; the message names the field, never its content. */
export function parseFragmentPayload(plaintext: Uint8Array): FragmentPayload {
  const { v, fragment, account, control, epochs, vaultEpochs, genesis, instance, recovery } =
    parseJsonObject(plaintext);
  if (v !== 1) throw new CryptoError("E_FORMAT", "a fragment payload of an unknown version");
  const { id, sign, vault, key } = object("instance", instance);
  return {
    v,
    fragment: text("fragment", fragment, isFragmentId),
    account: text("account", account, isId),
    control: text("control", control, isKey),
    epochs: ascending("epochs", epochs, "e", ({ e, created, parts }) => ({
      e: epoch("e", e),
      created: text("created", created, isTime),
      parts: { "0": text("parts", object("parts", parts)["0"], isKey) },
    })),
    vaultEpochs: ascending("vaultEpochs", vaultEpochs, "f", ({ f, kcv }) => ({
      f: epoch("f", f),
      kcv: text("kcv", kcv, isKeyCheckValue),
    })),
    genesis: text("genesis", genesis, (value) => fromHex(value, 32)),
    instance: {
      id: text("instance.id", id, isId),
      sign: text("instance.sign", sign, isKey),
      vault: text("instance.vault", vault),
      key: text("instance.key", key, isKey),
    },
    ...(recovery === undefined ? {} : { recovery: text("recovery", recovery) }),
  };
}

export const fragmentIdForm = /^cf-[a-z2-7]{16}$/;
export const timeForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
export const keyCheckValueForm = /^[0-9a-f]{8}$/;
export const epochMax = 0xffff_ffff;

const isFragmentId = (value: string) => fragmentIdForm.test(value);
const isTime = (value: string) => timeForm.test(value);
const isKeyCheckValue = (value: string) => keyCheckValueForm.test(value);
const isId = (value: string) => parseId(value);
const isKey = (value: string) => fromBase64Url(value, 32);

/** `check` answers false or throws for a text that is none. */
function text(name: string, value: unknown, check: (value: string) => unknown = () => true): string {
  if (typeof value !== "string" || check(value) === false)
    throw new CryptoError("E_FORMAT", `payload field ${name}`);
  return value;
}

function epoch(name: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > epochMax) {
    throw new CryptoError("E_FORMAT", `payload field ${name}`);
  }
  return value as number;
}

function object(name: string, value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new CryptoError("E_FORMAT", `payload field ${name}`);
  return value as Record<string, unknown>;
}

function ascending<K extends string, T extends Record<K, number>>(
  name: string,
  value: unknown,
  key: K,
  parse: (row: Record<string, unknown>) => T,
): T[] {
  if (!Array.isArray(value)) throw new CryptoError("E_FORMAT", `payload field ${name}`);
  const rows = value.map((row) => parse(object(name, row)));
  rows.forEach((row, index) => {
    const previous = rows[index - 1];
    if (previous !== undefined && previous[key] >= row[key])
      throw new CryptoError("E_FORMAT", `${name} are not ascending`);
  });
  return rows;
}
