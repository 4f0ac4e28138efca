import { copyFile, type FileHandle, open, readFile } from "node:fs/promises";
import { decodeEntry, type JournalEntry, toBase64Url } from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import { writeFileDurably } from "@halfkey/runtime";
import { decodeFrames, encodeFrame, type Frame, frameTypes, hasFrameBehind } from "./frames.ts";

/** What the file tells at start, in the order it was written. */
export interface JournalContents {
  /** Entries of the chain. */
  entries: JournalEntry[];
  /** The last sealed record written per id; whether it is current is for the trie to say. */
  records: Map<string, Buffer>;
  /** Entries that we signed and whose fate is not known. */
  open: JournalEntry[];
}

/**
 * This gateway's memory of the account: every entry since its start, the sealed records, and the entries it
 * signed whose fate is open. Append-only; each method is durable when its promise resolves, unless it says
 * otherwise. After a failed write the file is cut back to its last good length before anything else is written, so
 * that a full disk leaves no half frame behind.
 */
export class JournalFile {
  readonly file: string;
  #handle: FileHandle;
  #length: number;
  /** What is surely on the disk itself. */
  #syncedLength: number;
  /** Bytes behind {@link #length} could not be cut off. */
  #hasRemains = false;
  /** Serialises writes: two frames must not interleave. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(file: string, handle: FileHandle, length: number) {
    this.file = file;
    this.#handle = handle;
    this.#length = length;
    this.#syncedLength = length;
  }

  /**
   * @param offset Where to begin reading: behind the frames that a snapshot already covers.
   * @throws {OperatorError} `E_CHECK` for damage that is more than a torn tail.
   */
  static async open(file: string, offset = 0): Promise<{ journal: JournalFile; contents: JournalContents }> {
    const handle = await open(file, "a+", 0o600);
    try {
      const bytes = await handle.readFile();
      const { contents, end } = journalContents(bytes, file, offset);
      if (end < bytes.length) {
        // A crash in the middle of a write: nothing behind it was ever acknowledged.
        await handle.truncate(end);
        await handle.sync();
      }
      return { journal: new JournalFile(file, handle, end), contents };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Length in bytes of what is surely written. */
  get length(): number {
    return this.#length;
  }

  appendEntries(entries: readonly JournalEntry[]): Promise<void> {
    return this.#write(
      entries.map((entry) => encodeFrame(frameTypes.entry, entry.bytes)),
      true,
    );
  }

  /** Not synced: a record can be fetched again. */
  appendRecords(records: readonly (readonly [Uint8Array, Uint8Array])[]): Promise<void> {
    return this.#write(
      records.map(([id, bytes]) => encodeFrame(frameTypes.record, id, bytes)),
      false,
    );
  }

  /** Before an entry is sent, with the records it puts. */
  appendOpen(entry: JournalEntry, records: readonly (readonly [Uint8Array, Uint8Array])[]): Promise<void> {
    const frames = records.map(([id, bytes]) => encodeFrame(frameTypes.record, id, bytes));
    return this.#write([...frames, encodeFrame(frameTypes.open, entry.bytes)], true);
  }

  /** Once the chain is known to contain an open entry, before anybody is told. */
  accept(entry: JournalEntry): Promise<void> {
    return this.#write([encodeFrame(frameTypes.accepted, entry.hash)], true);
  }

  /**
   * Puts another chain in the place of this one, which stays beside it under `aside`. Durable when it resolves; a
   * crash before leaves the old one.
   */
  async replaceWith(entries: readonly JournalEntry[], aside: string): Promise<void> {
    await this.#last.catch(() => {});
    const bytes = Buffer.concat(entries.map((entry) => encodeFrame(frameTypes.entry, entry.bytes)));
    await copyFile(this.file, aside);
    await writeFileDurably(this.file, bytes);
    const old = this.#handle;
    this.#handle = await open(this.file, "a+", 0o600);
    this.#length = bytes.length;
    this.#syncedLength = bytes.length;
    this.#hasRemains = false;
    await old.close();
  }

  /**
   * Reads a journal that another process may be writing to: nothing is cut off, and what is not whole yet does not
   * count.
   *
   * @throws {OperatorError} `E_CHECK`
   */
  static async read(file: string): Promise<{ contents: JournalContents; length: number }> {
    const bytes = await readFile(file);
    const { frames, end } = decodeFrames(bytes);
    if (end < bytes.length && hasFrameBehind(bytes, end)) throw damaged(file, `is damaged at byte ${end}`);
    return { contents: contentsOf(frames, file), length: end };
  }

  /** Brings the records to the disk, too: what a snapshot covers must not be shorter after a loss of power. */
  sync(): Promise<void> {
    const work = this.#last.catch(() => {}).then(() => this.#sync(this.#length));
    this.#last = work;
    return work;
  }

  /** Everything that is written, read anew. */
  async contents(): Promise<JournalContents> {
    await this.#last.catch(() => {});
    const bytes = await readFile(this.file);
    return contentsOf(decodeFrames(bytes.subarray(0, this.#length)).frames, this.file);
  }

  async close(): Promise<void> {
    await this.#last.catch(() => {});
    await this.#handle.close();
  }

  #write(frames: Buffer[], sync: boolean): Promise<void> {
    if (frames.length === 0) return Promise.resolve();
    const work = this.#last
      .catch(() => {})
      .then(async () => {
        const bytes = Buffer.concat(frames);
        try {
          if (this.#hasRemains) await this.#cutBack();
          // "a" mode: every write goes to the end, wherever that is.
          for (let written = 0; written < bytes.length; )
            written += (await this.#handle.write(bytes, written)).bytesWritten;
          if (sync) await this.#sync(this.#length + bytes.length);
          this.#length += bytes.length;
        } catch (cause) {
          this.#hasRemains = true;
          await this.#cutBack().catch(() => {}); // tried again by the next write
          throw new OperatorError(
            "E_AUDIT",
            `the journal file cannot be written (${(cause as NodeJS.ErrnoException).code})`,
            { cause },
          );
        }
      });
    this.#last = work;
    return work;
  }

  /** After a failure the kernel may have dropped what was not synced and call it clean: only records, which are fetched again. */
  async #sync(length: number): Promise<void> {
    try {
      await this.#handle.datasync();
      this.#syncedLength = length;
    } catch (error) {
      this.#length = this.#syncedLength;
      this.#hasRemains = true;
      throw error;
    }
  }

  async #cutBack(): Promise<void> {
    await this.#handle.truncate(this.#length);
    this.#hasRemains = false;
  }
}

/**
 * What a journal's bytes tell. They may end in a torn frame: `end` is where what is whole ends.
 *
 * @throws {OperatorError} `E_CHECK` for damage that is more than that.
 */
export function journalContents(
  bytes: Buffer,
  file: string,
  offset = 0,
): { contents: JournalContents; end: number } {
  if (offset > bytes.length) throw damaged(file, `ends before byte ${offset}`);
  const { frames, end } = decodeFrames(bytes, offset);
  if (hasFrameBehind(bytes, end)) throw damaged(file, `is damaged at byte ${end}`);
  return { contents: contentsOf(frames, file), end };
}

function contentsOf(frames: Frame[], file: string): JournalContents {
  const entries: JournalEntry[] = [];
  const records = new Map<string, Buffer>();
  const open = new Map<string, JournalEntry>();
  for (const { type, payload } of frames) {
    try {
      if (type === frameTypes.entry) entries.push(decodeEntry(payload));
      else if (type === frameTypes.record)
        records.set(toBase64Url(payload.subarray(0, 32)), payload.subarray(32));
      else if (type === frameTypes.open) {
        const entry = decodeEntry(payload);
        open.set(toBase64Url(entry.hash), entry);
      } else {
        const hash = toBase64Url(payload);
        const entry = open.get(hash);
        if (entry !== undefined) entries.push(entry);
        open.delete(hash);
      }
    } catch (cause) {
      throw damaged(file, "holds an entry that cannot be read", cause);
    }
  }
  return { entries, records, open: [...open.values()] };
}

function damaged(file: string, how: string, cause?: unknown): OperatorError {
  return new OperatorError(
    "E_CHECK",
    `the journal ${file} ${how}: restore it, or move it away to fetch all anew`,
    { cause },
  );
}
