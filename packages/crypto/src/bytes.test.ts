import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import * as buffers from "./buffers.ts";
import { copyBuffer } from "./buffers.ts";
import * as pure from "./bytes.ts";
import { equalConstantTime, randomBytes, sha256, wipe } from "./primitives.ts";
import { refuses } from "./vectors.testing.ts";

for (const [name, { toBase64Url, fromBase64Url, toHex, fromHex }] of Object.entries({ buffers, pure })) {
  describe(`texts of bytes, ${name}`, () => {
    test("there and back", () => {
      fc.assert(
        fc.property(fc.uint8Array(), (bytes) => {
          assert.deepEqual(Buffer.from(fromBase64Url(toBase64Url(bytes), bytes.length)), Buffer.from(bytes));
          assert.deepEqual(Buffer.from(fromHex(toHex(bytes), bytes.length)), Buffer.from(bytes));
          assert.equal(toBase64Url(bytes), Buffer.from(bytes).toString("base64url"));
        }),
      );
    });

    test("only the one spelling is taken", () => {
      for (const text of [
        "A",
        "AB",
        "AA=",
        "AA==",
        "AA\n",
        " AA",
        "A A",
        "AA+",
        "A/AA",
        "AA*A",
        "AAAA====",
        "\u0100A",
      ]) {
        refuses("E_FORMAT", () => fromBase64Url(text), JSON.stringify(text));
      }
      for (const text of ["0", "0g", "AB", "0x00", "00 ", " 00", "00\n"]) {
        refuses("E_FORMAT", () => fromHex(text), JSON.stringify(text));
      }
      refuses("E_FORMAT", () => fromBase64Url("AA", 2));
      refuses("E_FORMAT", () => fromHex("00", 2));
    });

    test("every text is refused or is what its bytes are spelled as", () => {
      const texts = fc.oneof(fc.string(), fc.stringMatching(/^[\w-]*$/), fc.stringMatching(/^[0-9a-f]*$/));
      fc.assert(
        fc.property(texts, (text) => {
          for (const [read, write] of [
            [fromBase64Url, toBase64Url],
            [fromHex, toHex],
          ] as const) {
            try {
              assert.equal(write(read(text)), text);
            } catch (error) {
              refuses("E_FORMAT", () => {
                throw error;
              });
            }
          }
        }),
      );
    });
  });
}

test("64-bit numbers go up to 2^53 - 1, and others are a defect", () => {
  const bytes = new Uint8Array(9);
  for (const value of [0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    pure.writeU64(bytes, 1, value);
    assert.equal(pure.readU64(bytes, 1), value);
  }
  for (const value of [-1, 0.5, 2 ** 53, Number.NaN])
    assert.throws(() => pure.writeU64(bytes, 0, value), RangeError);
  assert.throws(() => pure.writeU32(bytes, 0, 2 ** 32), RangeError);
  assert.throws(() => pure.writeU16(bytes, 0, 65_536), RangeError);
});

test("keys lie in memory of their own", () => {
  for (const buffer of [
    randomBytes(32),
    copyBuffer(new Uint8Array(32)),
    sha256(new Uint8Array(1)),
    buffers.fromHex("00"),
  ]) {
    assert.equal(buffer.buffer.byteLength, buffer.length);
  }
});

test("comparing needs the same length and the same bytes; wiping leaves zeros", () => {
  assert(equalConstantTime(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
  assert(!equalConstantTime(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
  assert(!equalConstantTime(Uint8Array.of(1, 2), Uint8Array.of(1)));
  const secret = randomBytes(32);
  wipe(secret);
  assert(pure.isZero(secret));
});

test("numbers are big-endian, and nothing outside of the bytes is read or written", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), fc.integer({ min: -2, max: 12 }), (bytes, at) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      for (const [length, read, expected] of [
        [2, pure.readU16, () => view.getUint16(at)],
        [4, pure.readU32, () => view.getUint32(at)],
        [8, pure.readU64, () => Number(view.getBigUint64(at))],
      ] as const) {
        if (at < 0 || at + length > bytes.length) assert.throws(() => read(bytes, at), RangeError);
        else assert.equal(read(bytes, at), expected());
      }
    }),
  );
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: -2, max: 12 }), (value, at) => {
      const written = new Uint8Array(16);
      const expected = new Uint8Array(16);
      if (at < 0 || at > 8) return assert.throws(() => pure.writeU64(written, at, value), RangeError);
      pure.writeU64(written, at, value);
      new DataView(expected.buffer).setBigUint64(at, BigInt(value));
      assert.deepEqual(written, expected);
    }),
  );
  for (const write of [pure.writeU16, pure.writeU32, pure.writeU64])
    assert.throws(() => write(new Uint8Array(8), Number.NaN, 1), RangeError);
});
