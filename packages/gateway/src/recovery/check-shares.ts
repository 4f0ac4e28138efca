import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CryptoError, wipe } from "@halfkey/crypto";
import { combineShares, recipientOf, recoveryIdentity } from "@halfkey/crypto/recovery";
import { OperatorError } from "@halfkey/model";
import { readShareRecord, saveShareRecord } from "./share-record.ts";
import type { ReadSheet } from "./share-sheet.ts";

export interface SharesCheck {
  set: string;
  /** Different sheets that were seen and are well. */
  seen: number;
  threshold: number;
  /** Whether they give the identity that backups are encrypted to; absent when there were too few to tell. */
  recovers?: true;
}

/**
 * Looks at sheets without showing anything of them: check sum, set and account of each; with enough of them, whether
 * together they give the identity that backups are encrypted to. That is noted in the gateway's data.
 *
 * @throws {OperatorError} `E_SHARE` for sheets of another set or account, or a set that recovers nothing.
 */
export async function checkShares(data: string, sheets: readonly ReadSheet[]): Promise<SharesCheck> {
  const record = await readShareRecord(data);
  if (record === undefined)
    throw new OperatorError(
      "E_SHARE",
      "this gateway has no paper shares yet: run `halfkey-gateway shares make`",
    );
  const { account, genesis16 } = await accountOf(data);
  for (const sheet of sheets) {
    const set = sheet.share.set.toString("hex");
    if (set !== record.set)
      throw new OperatorError(
        "E_SHARE",
        `the share is of set ${set}, and backups are made to set ${record.set}`,
      );
    if ((sheet.account ?? account) !== account || (sheet.genesis16 ?? genesis16) !== genesis16)
      throw new OperatorError("E_SHARE", "the sheet is of another account");
  }
  const seen = new Set(sheets.map(({ share }) => share.x)).size;
  const check = { set: record.set, seen, threshold: record.threshold };
  if (seen < record.threshold) return check;
  const seed = await combineShares(sheets.map(({ share }) => share)).catch((cause) => {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new OperatorError("E_SHARE", cause.message, { cause });
  });
  const recipient = await recipientOf(recoveryIdentity(seed));
  wipe(seed);
  if (recipient !== record.recipient)
    throw new OperatorError("E_SHARE", "the shares do not give the identity that backups are encrypted to");
  await saveShareRecord(data, { ...record, checked: new Date().toISOString() });
  return { ...check, recovers: true };
}

async function accountOf(data: string): Promise<{ account: string; genesis16: string }> {
  const file = join(data, "account.json");
  try {
    const { account, genesis16 } = JSON.parse(await readFile(file, "utf8"));
    if (typeof account === "string" && typeof genesis16 === "string") return { account, genesis16 };
  } catch {
    // Falls through.
  }
  throw new OperatorError("E_CHECK", `${file} is missing or damaged: run \`halfkey-gateway init\` first`);
}
