import { constants, openSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { segmentFile } from "./audit-folder.ts";
import type { LogKeys } from "./audit-keys.ts";
import { frameTypes } from "./leaf-frames.ts";
import { scanFrames } from "./scan-frames.ts";
import { decodeSegmentHead, encodeSegmentHead, type SegmentHead } from "./segment-head.ts";

const appending = constants.O_RDWR | constants.O_APPEND;

/** The segment that is being written. */
export interface OpenSegment {
  /** Opened for appending. */
  fd: number;
  first: number;
  /** Bytes that are surely whole frames. */
  length: number;
  /** The latest time of an entry in it, or of its beginning. */
  lastTime: number;
}

/** Makes a new segment, durable with its head when this resolves; a failure leaves no file behind. */
export async function createSegment(folder: string, head: SegmentHead, keys: LogKeys): Promise<OpenSegment> {
  const file = segmentFile(folder, head.first);
  const bytes = encodeSegmentHead(head, keys);
  const handle = await open(file, appending | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await handle.appendFile(bytes);
    await handle.sync();
    const directory = await open(folder, "r");
    await directory.sync().finally(() => directory.close());
    return { fd: openSync(file, appending), first: head.first, length: bytes.length, lastTime: head.time };
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/** Opens an existing segment for writing on; its length is for the caller to find. */
export function openSegment(folder: string, first: number): number {
  return openSync(segmentFile(folder, first), appending);
}

/**
 * @returns the head and the byte behind it; nothing if the file ends before its head does.
 * @throws {CryptoError} for a head that this log's writer did not sign; {@link CryptoError} `E_FORMAT` for damage.
 */
export async function readSegmentHead(
  handle: FileHandle,
  first: number,
  keys: LogKeys,
): Promise<{ head: SegmentHead; end: number } | "torn" | "damaged"> {
  let found: { head: SegmentHead; end: number } | undefined;
  const { state } = await scanFrames(handle, 0, ({ type, payload, end }) => {
    if (type === frameTypes.head) found = { head: decodeSegmentHead(payload, first, keys), end };
    return false;
  });
  if (found !== undefined) return found;
  return state === "whole" || state === "torn" ? "torn" : "damaged";
}
