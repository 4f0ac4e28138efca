import { CryptoError, wipe } from "@halfkey/crypto";
import { combineShares, recipientOf, recoveryIdentity } from "@halfkey/crypto/recovery";
import { OperatorError } from "@halfkey/model";
import { readPrivateFile } from "@halfkey/runtime";
import { type ReadSheet, readSheet } from "./share-sheet.ts";

/** What an operator brings to open a backup: enough paper shares, or the identity itself. */
export interface RecoveryOptions {
  shareFiles: readonly string[];
  identityFile?: string | undefined;
  account?: string | undefined;
  genesis16?: string | undefined;
  /** Asked for typed shares where neither files nor an identity were named; one text a share. */
  typedShares(): AsyncIterable<string>;
}

export interface Recovery {
  /** `AGE-SECRET-KEY-PQ-1…` */
  identity: string;
  recipient: string;
  /** As the sheets say: a backup of another account is refused. */
  account: string;
  genesis16: string;
  /** Number and set of the sheets, where there were sheets. */
  set?: { set: string; threshold: number; used: number };
}

/** @throws {OperatorError} `E_SHARE`, `E_INPUT` */
export async function readRecovery(options: RecoveryOptions): Promise<Recovery> {
  if (options.identityFile !== undefined) {
    const identity = await identityFrom(options.identityFile);
    const { account, genesis16 } = options;
    return { ...agreed([], { account, genesis16 }), ...identity };
  }
  const sheets = await readSheets(options);
  const [first] = sheets;
  return {
    ...(await identityOf(sheets)),
    ...agreed(sheets, options),
    set: {
      set: first?.share.set.toString("hex") ?? "",
      threshold: first?.share.threshold ?? 0,
      used: sheets.length,
    },
  };
}

/** The identity that enough sheets give. @throws {OperatorError} `E_SHARE` */
export async function identityOf(
  sheets: readonly ReadSheet[],
): Promise<{ identity: string; recipient: string }> {
  const seed = await inOperatorTerms(() => combineShares(sheets.map(({ share }) => share)));
  const identity = recoveryIdentity(seed);
  wipe(seed);
  return { identity, recipient: await recipientOf(identity) };
}

/** The sheets of files, or as many typed shares as their set needs. @throws {OperatorError} `E_INPUT` if there are none */
export async function readSheets(
  options: Pick<RecoveryOptions, "shareFiles" | "typedShares">,
  { all = false } = {},
): Promise<ReadSheet[]> {
  const sheets: ReadSheet[] = [];
  for (const file of options.shareFiles) {
    const bytes = await readPrivateFile(file);
    sheets.push(readSheet(bytes.toString("utf8"), file));
    wipe(bytes);
  }
  if (sheets.length > 0) return sheets;
  for await (const text of options.typedShares()) {
    if (text.trim() === "") continue;
    sheets.push(readSheet(text, `share ${sheets.length + 1}`));
    const different = new Set(sheets.map(({ share }) => share.x)).size;
    if (!all && different === sheets[0]?.share.threshold) break;
  }
  if (sheets.length === 0)
    throw new OperatorError(
      "E_INPUT",
      "no paper share was given: type them in, or name their files with --share-files",
    );
  return sheets;
}

/** What the sheets say must be one account's, and is what the operator says, where he says it. */
function agreed(
  sheets: readonly ReadSheet[],
  said: { account?: string | undefined; genesis16?: string | undefined },
): { account: string; genesis16: string } {
  const one = (name: "account" | "genesis16", flag: string): string => {
    const values = new Set(sheets.map((sheet) => sheet[name]).filter((value) => value !== undefined));
    const [value, ...others] = values;
    if (others.length > 0) throw new OperatorError("E_SHARE", `the sheets name different values for ${flag}`);
    const given = said[name];
    if (given !== undefined && value !== undefined && given !== value)
      throw new OperatorError("E_INPUT", `--${flag} is not what the sheets say`);
    const known = given ?? value;
    if (known === undefined || !/^[0-9a-f]{32}$/.test(known))
      throw new OperatorError("E_INPUT", `--${flag} is missing: give the 32 digits that stand on the sheet`);
    return known;
  };
  return { account: one("account", "account"), genesis16: one("genesis16", "genesis") };
}

async function identityFrom(file: string): Promise<{ identity: string; recipient: string }> {
  const bytes = await readPrivateFile(file);
  // As age-keygen writes it: comments, then the identity.
  const identity = bytes
    .toString("utf8")
    .split(/\r?\n/)
    .find((line) => line !== "" && !line.startsWith("#"));
  wipe(bytes);
  return inOperatorTerms(async () => ({
    identity: identity?.trim() ?? "",
    recipient: await recipientOf(identity?.trim() ?? ""),
  }));
}

async function inOperatorTerms<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new OperatorError(cause.code === "E_SHARE" ? "E_SHARE" : "E_INPUT", cause.message, { cause });
  }
}
