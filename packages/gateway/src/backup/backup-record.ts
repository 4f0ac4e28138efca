import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileDurably } from "@halfkey/runtime";

/** The last verified backup of one target. */
export interface BackupDone {
  target: string;
  name: string;
  seq: number;
  /** When it was complete and verified, RFC 3339. */
  time: string;
  bytes: number;
  items: number;
  seconds: number;
  /** Recipient it was made to: after a re-split the old ones do not count. */
  recipient: string;
}

const fileIn = (folder: string) => join(folder, "backup.json");

/** By target. A file that cannot be read counts as no backup: the warning then is the right one. */
export async function readBackupRecord(folder: string): Promise<BackupDone[]> {
  const file = fileIn(folder);
  if (!existsSync(file)) return [];
  try {
    const { backups } = JSON.parse(await readFile(file, "utf8")) as { backups: BackupDone[] };
    return backups.filter(
      ({ time, target }) => typeof target === "string" && !Number.isNaN(Date.parse(time)),
    );
  } catch {
    return [];
  }
}

export async function noteBackup(folder: string, done: BackupDone): Promise<void> {
  const others = (await readBackupRecord(folder)).filter(({ target }) => target !== done.target);
  await writeFileDurably(fileIn(folder), `${JSON.stringify({ backups: [...others, done] }, null, 2)}\n`);
}
