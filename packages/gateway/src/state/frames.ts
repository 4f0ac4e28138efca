import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";

/**
 * The journal file's frames: `u32 length ‖ u8 type ‖ payload ‖ u32 CRC-32 of type and payload`. The checksum
 * finds torn writes; who wrote an entry and whether it belongs is proved by its signature and hash, not here.
 */
export const frameTypes = {
  /** An entry that the chain contains. */
  entry: 1,
  /** A sealed record: id[32] ‖ bytes. */
  record: 2,
  /** An entry we signed and are about to send: its fate is open. */
  open: 3,
  /** The hash[32] of an open entry that the chain contains. */
  accepted: 4,
} as const;

export type FrameType = (typeof frameTypes)[keyof typeof frameTypes];

export interface Frame {
  type: FrameType;
  payload: Buffer;
}

const headerBytes = 5;
const trailerBytes = 4;
const chunkBytes = 1024 * 1024;
const payloadBytesMax = 64 * 1024 * 1024;

export function encodeFrame(type: FrameType, ...parts: Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const frame = Buffer.alloc(headerBytes + length + trailerBytes);
  frame.writeUInt32BE(length, 0);
  frame.writeUInt8(type, 4);
  let at = headerBytes;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  frame.writeUInt32BE(crc32(frame.subarray(4, at)), at);
  return frame;
}

/**
 * Cuts a file into frames. Reading stops at the first frame that is incomplete or damaged: `end` is where it
 * began, so a torn tail (`end` < length, nothing whole behind) can be cut off.
 */
export function decodeFrames(bytes: Buffer, start = 0): { frames: Frame[]; end: number } {
  const frames: Frame[] = [];
  let at = start;
  for (;;) {
    const frame = frameAt(bytes, at);
    if (frame === undefined) return { frames, end: at };
    frames.push(frame);
    at += headerBytes + frame.payload.length + trailerBytes;
  }
}

/**
 * The frames of a file's first `length` bytes, in bounded memory.
 *
 * @throws RangeError where they are not whole: the caller knows that they were.
 */
export async function* readFrames(handle: FileHandle, length: number): AsyncGenerator<Frame> {
  let rest = Buffer.alloc(0);
  for (let at = 0; at < length; ) {
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, length - at));
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
    if (bytesRead === 0) break;
    at += bytesRead;
    const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    const { frames, end } = decodeFrames(bytes);
    yield* frames;
    rest = bytes.subarray(end);
  }
  if (rest.length > 0) throw new RangeError(`${rest.length} bytes are no whole frame`);
}

/** Whether a whole frame stands anywhere behind `from`: then the damage is no torn tail. */
export function hasFrameBehind(bytes: Buffer, from: number): boolean {
  for (let at = from + 1; at + headerBytes + trailerBytes <= bytes.length; at += 1) {
    if (frameAt(bytes, at) !== undefined) return true;
  }
  return false;
}

function frameAt(bytes: Buffer, at: number): Frame | undefined {
  if (at + headerBytes + trailerBytes > bytes.length) return undefined;
  const length = bytes.readUInt32BE(at);
  const type = bytes.readUInt8(at + 4);
  const end = at + headerBytes + length;
  if (type < 1 || type > 4 || length > payloadBytesMax || end + trailerBytes > bytes.length) return undefined;
  if (crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end)) return undefined;
  return { type: type as FrameType, payload: bytes.subarray(at + headerBytes, end) };
}
