import type { FileHandle } from "node:fs/promises";
import { type FrameType, frameAt, frameBytesMax, hasFrameBehind } from "./leaf-frames.ts";

/** Small enough that what is done with one chunk's leaves does not hold up other requests. */
const chunkBytes = 128 * 1024;

export interface FrameSeen {
  type: FrameType;
  payload: Buffer;
  /** Byte of the file at which it begins. */
  at: number;
  /** Byte behind it. */
  end: number;
}

export interface ScanEnd {
  /** Byte behind the last whole frame: where damage begins, if there is any. */
  end: number;
  /** `torn`: an incomplete last frame, as a crash leaves it. `damaged`: more than that. `stopped`: by the visitor. */
  state: "whole" | "torn" | "damaged" | "stopped";
}

/**
 * Goes through a segment's frames from byte `from`, in order, a chunk at a time.
 *
 * @param visit Sees each frame while the payload is valid; what it keeps it must copy. `false` stops.
 */
export async function scanFrames(
  handle: FileHandle,
  from: number,
  visit: (frame: FrameSeen) => boolean | undefined,
): Promise<ScanEnd> {
  let rest: Buffer = Buffer.alloc(0);
  let restAt = from;
  for (;;) {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const { bytesRead } = await handle.read(chunk, 0, chunkBytes, restAt + rest.length);
    const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    let at = 0;
    for (;;) {
      const frame = frameAt(bytes, at);
      if (typeof frame === "object") {
        const place = { at: restAt + at, end: restAt + frame.end };
        at = frame.end;
        if (visit({ type: frame.type, payload: frame.payload, ...place }) === false)
          return { end: place.end, state: "stopped" };
        continue;
      }
      if (frame === "damaged" || bytesRead === 0)
        return { end: restAt + at, state: await stateOf(handle, restAt + at) };
      break;
    }
    rest = bytes.subarray(at);
    restAt += at;
  }
}

/** What stands from the first byte on that is no whole frame. */
async function stateOf(handle: FileHandle, from: number): Promise<ScanEnd["state"]> {
  const { size } = await handle.stat();
  if (from >= size) return "whole";
  const overlapBytes = frameBytesMax;
  const windowBytes = 8 * 1024 * 1024;
  for (let at = from; at < size; at += windowBytes) {
    const bytes = Buffer.alloc(Math.min(windowBytes + overlapBytes, size - at));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, at);
    // Behind `from` itself, but from the very first byte of every later window.
    if (hasFrameBehind(bytes.subarray(0, bytesRead), at === from ? 0 : -1)) return "damaged";
  }
  return "torn";
}
