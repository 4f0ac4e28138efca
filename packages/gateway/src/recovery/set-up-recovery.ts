import type { UnsealKey } from "@halfkey/crypto";
import { fragmentFileIn, openFragmentFile, saveFragmentFile } from "../fragment/fragment-file.ts";
import { makeShares, type ShareOptions } from "./make-shares.ts";
import { type ShareRecord, saveShareRecord } from "./share-record.ts";

/**
 * Gives the account a recovery identity in paper shares, a new one if it has one already: backups made from then on
 * open with the new shares only. The caller holds the folder's lock.
 */
export async function setUpRecovery(
  data: string,
  key: UnsealKey,
  options: ShareOptions,
): Promise<{ files: string[]; record: ShareRecord }> {
  const file = fragmentFileIn(data);
  const { payload, method } = await openFragmentFile(file, key);
  const { recipient, record, files } = await makeShares(payload, options);
  // Sheets before the file: a recipient whose shares were lost in a crash would make backups that nobody can open.
  await saveFragmentFile(file, { ...payload, recovery: recipient }, method, key);
  await saveShareRecord(data, record);
  return { files, record };
}
