import { DatabaseSync } from "node:sqlite";

/** Longest wait for another process that writes, such as a command of the operator. */
const busyMs = 5000;
/** The write-ahead log is cut back to this after a checkpoint. */
const walBytesMax = 64 * 1024 * 1024;

/**
 * The connection that writes. `synchronous=FULL` makes a commit wait for the disk, in WAL mode too;
 * `secure_delete` overwrites what is deleted, so that a retired fragment's row does not linger in free pages.
 */
export function openForWriting(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: busyMs, enableForeignKeyConstraints: true });
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  database.exec("PRAGMA secure_delete = ON");
  database.exec(`PRAGMA journal_size_limit = ${walBytesMax}`);
  return database;
}

/** A connection that cannot write; it sees every commit that was made before a read begins. */
export function openForReading(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: busyMs, readOnly: true });
  // 64 MiB of pages. Not mapped into memory: there a disk error would end the process.
  database.exec("PRAGMA cache_size = -65536");
  return database;
}
