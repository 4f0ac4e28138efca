import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { OperatorError } from "@halfkey/model";
import { writeFileDurably } from "@halfkey/runtime";

/** What the gateway knows of its paper shares; nothing of it is secret. */
export interface ShareRecord {
  /** 8 hex digits: which sheets belong together. */
  set: string;
  count: number;
  threshold: number;
  /** What backups are encrypted to: the identity that the shares give. */
  recipient: string;
  /** RFC 3339. */
  made: string;
  /** Where the sheets were written. */
  folder: string;
  /** When enough sheets were last seen to give the identity, RFC 3339. */
  checked?: string;
}

const fileIn = (folder: string) => join(folder, "shares.json");

export async function readShareRecord(folder: string): Promise<ShareRecord | undefined> {
  const file = fileIn(folder);
  if (!existsSync(file)) return undefined;
  try {
    const record = JSON.parse(await readFile(file, "utf8")) as ShareRecord;
    if (typeof record.recipient === "string" && typeof record.set === "string") return record;
  } catch {
    // Falls through: what the parser says adds nothing.
  }
  throw new OperatorError("E_CHECK", `${file} is damaged: remove it, then check the paper shares again`);
}

export function saveShareRecord(folder: string, record: ShareRecord): Promise<void> {
  return writeFileDurably(fileIn(folder), `${JSON.stringify(record, null, 2)}\n`);
}
