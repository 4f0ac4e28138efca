import { crc32 } from "node:zlib";

/**
 * A segment's frames: `u32 length ‖ u8 type ‖ payload ‖ u32 CRC-32 of type and payload`. The checksum finds torn
 * writes and bad disks; against people there are the leaf's seal, the tree and its signed checkpoints.
 */
export const frameTypes = {
  /** First frame of a segment, JSON (segment-head.ts). */
  head: 1,
  /** One sealed entry. */
  leaf: 2,
} as const;

export type FrameType = (typeof frameTypes)[keyof typeof frameTypes];

export interface Frame {
  type: FrameType;
  payload: Buffer;
  /** Where the next frame begins. */
  end: number;
}

const headerBytes = 5;
const trailerBytes = 4;
const headBytesMax = 16 * 1024;
/** Of a sealed entry beyond its padded JSON (docs/cryptography.md, "Sealed layout"). */
const sealBytes = 102;
const paddedBytes = { least: 512, most: 262_144 };
export const frameBytesMax = headerBytes + sealBytes + paddedBytes.most + trailerBytes;

/** Frames of one type, one after the other, in one buffer: one write. */
export function encodeFrames(type: FrameType, payloads: readonly Uint8Array[]): Buffer {
  const length = payloads.reduce((sum, { length }) => sum + headerBytes + length + trailerBytes, 0);
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (const payload of payloads) {
    const end = at + headerBytes + payload.length;
    bytes.writeUInt32BE(payload.length, at);
    bytes.writeUInt8(type, at + 4);
    bytes.set(payload, at + headerBytes);
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end);
    at = end + trailerBytes;
  }
  return bytes;
}

/** @returns `more` if the bytes end before the frame does, `damaged` if it cannot be a frame. */
export function frameAt(bytes: Buffer, at: number): Frame | "more" | "damaged" {
  if (at + headerBytes > bytes.length) return "more";
  const length = bytes.readUInt32BE(at);
  const type = bytes.readUInt8(at + 4);
  if (!isPossible(type, length)) return "damaged";
  const end = at + headerBytes + length;
  if (end + trailerBytes > bytes.length) return "more";
  if (crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end)) return "damaged";
  return {
    type: type as FrameType,
    payload: bytes.subarray(at + headerBytes, end),
    end: end + trailerBytes,
  };
}

/** Whether a whole frame stands anywhere behind `from`: then the damage there is no torn tail. */
export function hasFrameBehind(bytes: Buffer, from: number): boolean {
  for (let at = from + 1; at + headerBytes <= bytes.length; at += 1) {
    if (typeof frameAt(bytes, at) === "object") return true;
  }
  return false;
}

/** Leaves come in a few lengths only, which makes searching for one cheap and chance hits unlikely. */
function isPossible(type: number, length: number): boolean {
  if (type === frameTypes.head) return length <= headBytesMax;
  const padded = length - sealBytes;
  return (
    type === frameTypes.leaf &&
    padded >= paddedBytes.least &&
    padded <= paddedBytes.most &&
    (padded & (padded - 1)) === 0
  );
}
