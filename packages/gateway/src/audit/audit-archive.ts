import { type FileHandle, open } from "node:fs/promises";
import { Mutex } from "../state/mutex.ts";
import { logFolder, logsIn, segmentFile, segmentsIn } from "./audit-folder.ts";
import type { LogKeysOf } from "./audit-keys.ts";
import { type Frame, frameAt, frameBytesMax, frameTypes } from "./leaf-frames.ts";
import { scanFrames } from "./scan-frames.ts";

export interface Segment {
  k: number;
  /** Index of its first leaf. */
  first: number;
  /** Index behind its last leaf; unknown for the last segment of a log that is no longer written. */
  end: number | undefined;
  file: string;
}

/** Where a segment's readable leaves lie. */
export interface LeafPlaces {
  /** Byte of each leaf's frame, and one more: the byte behind the last. */
  offsets: readonly number[];
  /** Whether bytes follow that are no frames. */
  isDamaged: boolean;
}

interface KnownPlaces {
  offsets: number[];
  scannedTo: number;
  isDamaged: boolean;
}

/** Segments whose places are remembered: half a megabyte each. */
const rememberedMax = 4;

/** Reads what the audit folder holds, of this log and earlier ones. It sees only what is completely written. */
export class AuditArchive {
  readonly #folder: string;
  readonly #written: () => { k: number; size: number } | undefined;
  readonly keysOf: LogKeysOf;
  readonly #places = new Map<string, KnownPlaces>();
  readonly #reading = new Mutex();

  /** @param written How far the log reaches that is being written. */
  constructor(folder: string, keysOf: LogKeysOf, written: () => { k: number; size: number } | undefined) {
    this.#folder = folder;
    this.keysOf = keysOf;
    this.#written = written;
  }

  /** All segments, oldest first. */
  async segments(): Promise<Segment[]> {
    const written = this.#written();
    const all: Segment[] = [];
    for (const k of await logsIn(this.#folder)) {
      const folder = logFolder(this.#folder, k);
      const firsts = await segmentsIn(folder);
      for (const [at, first] of firsts.entries()) {
        const end = firsts[at + 1] ?? (k === written?.k ? written.size : undefined);
        all.push({ k, first, end, file: segmentFile(folder, first) });
      }
    }
    return all;
  }

  /** Where the leaves of a segment lie: costs reading it once. */
  places(segment: Segment, handle: FileHandle): Promise<LeafPlaces> {
    // One at a time: two that read on from the same place would both add what they find.
    return this.#reading.hold(() => this.#readPlaces(segment, handle));
  }

  async #readPlaces(segment: Segment, handle: FileHandle): Promise<LeafPlaces> {
    const known = this.#places.get(segment.file) ?? { offsets: [], scannedTo: 0, isDamaged: false };
    const wanted = segment.end === undefined ? Number.POSITIVE_INFINITY : segment.end - segment.first;
    if (known.offsets.length <= wanted) {
      const { end, state } = await scanFrames(handle, known.scannedTo, ({ type, at }) => {
        if (type === frameTypes.leaf) known.offsets.push(at);
        return known.offsets.length <= wanted;
      });
      // Stopped at the first leaf that is not wanted yet: it is found again.
      if (state === "stopped") known.scannedTo = known.offsets.pop() ?? 0;
      else known.scannedTo = end;
      known.isDamaged = state === "damaged" || (state === "torn" && segment.end === undefined);
    }
    this.#remember(segment.file, known);
    return { offsets: [...known.offsets, known.scannedTo], isDamaged: known.isDamaged };
  }

  /** The sealed leaves from `from` (inclusive) to `to` (exclusive), as indexes within the segment. */
  async read(handle: FileHandle, places: LeafPlaces, from: number, to: number): Promise<Buffer[]> {
    const start = places.offsets[from] ?? 0;
    const bytes = Buffer.alloc((places.offsets[to] ?? start) - start);
    await handle.read(bytes, 0, bytes.length, start);
    const leaves: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const frame = frameAt(bytes, at);
      // It was whole when its place was found: somebody changed it since.
      if (typeof frame !== "object") break;
      leaves.push(frame.payload);
      at = frame.end;
    }
    return leaves;
  }

  /** The times of a segment's first and last entry, without reading the rest; nothing if that cannot be told. */
  async timesOf(segment: Segment, handle: FileHandle): Promise<{ first: number; last: number } | undefined> {
    if (segment.end === undefined || segment.end === segment.first) return undefined;
    let firstLeaf: Buffer | undefined;
    await scanFrames(handle, 0, ({ type, payload }) => {
      if (type !== frameTypes.leaf) return true;
      firstLeaf = Buffer.from(payload);
      return false;
    });
    const lastLeaf = await lastFrame(handle);
    if (firstLeaf === undefined || lastLeaf?.type !== frameTypes.leaf) return undefined;
    const keys = this.keysOf(segment.k);
    try {
      const first = Number(keys.open(segment.first, firstLeaf).t);
      const last = Number(keys.open(segment.end - 1, lastLeaf.payload).t);
      return Number.isSafeInteger(first) && Number.isSafeInteger(last) ? { first, last } : undefined;
    } catch {
      return undefined;
    }
  }

  #remember(file: string, places: KnownPlaces): void {
    this.#places.delete(file);
    this.#places.set(file, places);
    for (const oldest of this.#places.keys()) {
      if (this.#places.size <= rememberedMax) break;
      this.#places.delete(oldest);
    }
  }
}

/** Opens a segment for reading. Nothing if it was removed meanwhile: its time was over. */
export async function openForReading(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The frame that ends where the file ends. */
async function lastFrame(handle: FileHandle): Promise<Frame | undefined> {
  const { size } = await handle.stat();
  const bytes = Buffer.alloc(Math.min(size, frameBytesMax));
  await handle.read(bytes, 0, bytes.length, size - bytes.length);
  for (let at = bytes.length - 1; at >= 0; at -= 1) {
    const frame = frameAt(bytes, at);
    if (typeof frame === "object" && frame.end === bytes.length) return frame;
  }
  return undefined;
}
