import { OperatorError } from "@halfkey/model";
import { FolderTarget } from "./folder-target.ts";
import { RcloneTarget } from "./rclone-target.ts";

export interface StoredBundle {
  name: string;
  bytes: number;
  /** When it was written, milliseconds since 1970. */
  time: number;
}

/** A place for bundles. Names are those of bundles; nothing else there is looked at or touched. */
export interface BackupTarget {
  /** As the operator named it. */
  readonly name: string;
  /**
   * Stores a bundle under its name, whole or not at all, and durably when it resolves.
   *
   * @param write Makes the file at a path, which does not exist yet, and checks it there.
   * @param sha256 Of what `write` made, asked once it has resolved; hex.
   */
  store(name: string, write: (file: string) => Promise<void>, sha256: () => string): Promise<void>;
  list(): Promise<StoredBundle[]>;
  read(name: string): AsyncIterable<Uint8Array>;
  remove(name: string): Promise<void>;
}

/**
 * @param text A folder, or `rclone:remote:path`.
 * @param outbox Folder for what waits to be sent away.
 * @throws {OperatorError} `E_INPUT`
 */
export function backupTarget(text: string, outbox: string): BackupTarget {
  if (!text.startsWith("rclone:")) return new FolderTarget(text);
  const remote = text.slice("rclone:".length);
  if (!/^[^-:\s][^:]*:/.test(remote))
    throw new OperatorError("E_INPUT", `a backup target is a folder or rclone:remote:path, not ${text}`);
  return new RcloneTarget(remote, outbox);
}
