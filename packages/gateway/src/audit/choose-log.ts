import { equalConstantTime, fromBase64Url } from "@halfkey/crypto";
import type { InstanceRecord } from "@halfkey/model";
import { makePrivateFolder } from "@halfkey/runtime";
import { AuditDamage } from "./audit-damage.ts";
import { logFolder, logsIn } from "./audit-folder.ts";
import type { LogKeysOf } from "./audit-keys.ts";
import type { AuditLog, AuditLogOptions } from "./audit-log.ts";
import { createLog, openLog, rootAt } from "./open-log.ts";

export interface AuditFolderOptions extends Omit<AuditLogOptions, "folder" | "k" | "keys"> {
  /** `<data>/audit`. */
  folder: string;
  keysOf: LogKeysOf;
}

export type Anchor = Pick<InstanceRecord, "k" | "size" | "root">;

export interface ChosenLog {
  log: AuditLog;
  /** Why the log before could not be gone on with, where that is so. */
  because?: string;
}

/**
 * The log to write on: the newest one here, if it is whole and extends what the account's record says of it; else
 * a new one under the next number. The old one stays as it is, for `verify` to show.
 *
 * @param anchor What this instance's record says; nothing if there is none yet, or it cannot be known now.
 * @see docs/cryptography.md, "Audit log"
 */
export async function chooseLog(options: AuditFolderOptions, anchor: Anchor | undefined): Promise<ChosenLog> {
  makePrivateFolder(options.folder);
  const newest = (await logsIn(options.folder)).at(-1) ?? 0;
  const known = anchor?.k ?? 0;
  if (newest === 0 && known <= 1 && (anchor?.size ?? 0) === 0)
    return { log: await createLog(optionsOf(options, 1)) };
  if (newest < known)
    return begin(options, known, `the account knows log ${known} of this instance, which is not here`);
  try {
    const log = await openLog(optionsOf(options, newest));
    const because = await whyNotExtends(log, anchor);
    if (because === undefined) return { log };
    await log.close();
    return begin(options, newest, because);
  } catch (error) {
    if (!(error instanceof AuditDamage)) throw error;
    return begin(options, newest, error.message);
  }
}

/** Nothing if the log extends the anchor. */
export async function whyNotExtends(log: AuditLog, anchor: Anchor | undefined): Promise<string | undefined> {
  if (anchor === undefined || anchor.k < log.k) return undefined;
  if (anchor.k > log.k) return `the account knows log ${anchor.k} of this instance, this one is ${log.k}`;
  if (anchor.size > log.size)
    return `log ${log.k} ends at leaf ${log.size}, but the account knows ${anchor.size} leaves of it`;
  const root = anchor.size === log.size ? log.root : await rootAt(log.folder, anchor.size, log.keys);
  if (root !== undefined && equalConstantTime(root, fromBase64Url(anchor.root))) return undefined;
  return `the first ${anchor.size} leaves of log ${log.k} are not those that the account knows`;
}

async function begin(options: AuditFolderOptions, last: number, because: string): Promise<ChosenLog> {
  return { log: await createLog(optionsOf(options, last + 1)), because };
}

function optionsOf({ folder, keysOf, ...rest }: AuditFolderOptions, k: number): AuditLogOptions {
  return { ...rest, folder: logFolder(folder, k), k, keys: keysOf(k) };
}
