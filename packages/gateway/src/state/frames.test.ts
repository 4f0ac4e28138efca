import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeFrames, encodeFrame, frameTypes, hasFrameBehind } from "./frames.ts";

const type = fc.constantFrom(...Object.values(frameTypes));
const payload = fc.uint8Array({ maxLength: 80 });

test("frames come back as they were written, from any frame's beginning on", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(type, payload), { maxLength: 8 }), fc.nat(8), (written, skip) => {
      const frames = written.map(([kind, bytes]) => encodeFrame(kind, bytes));
      const start = Buffer.concat(frames.slice(0, skip)).length;
      const { frames: read, end } = decodeFrames(Buffer.concat(frames), start);
      assert.equal(end, Buffer.concat(frames).length);
      assert.deepEqual(
        read.map(({ type: kind, payload: bytes }) => [kind, Buffer.from(bytes)]),
        written.slice(skip).map(([kind, bytes]) => [kind, Buffer.from(bytes)]),
      );
    }),
  );
});

test("whatever a file holds, reading it ends, and what is read was written whole", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const file = Buffer.from(bytes);
      const { frames, end } = decodeFrames(file);
      assert(end <= file.length);
      assert.deepEqual(
        Buffer.concat(frames.map((one) => encodeFrame(one.type, one.payload))),
        file.subarray(0, end),
      );
      hasFrameBehind(file, end);
    }),
    { numRuns: 2000 },
  );
});

test("a flipped bit ends the reading at its frame", () => {
  fc.assert(
    fc.property(type, payload, fc.nat(), (kind, bytes, at) => {
      const first = encodeFrame(kind, bytes);
      const second = encodeFrame(kind, bytes);
      const file = Buffer.concat([first, second]);
      const bit = at % (first.length * 8);
      file[bit >> 3] = (file[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.equal(decodeFrames(file).end, 0);
    }),
  );
});
