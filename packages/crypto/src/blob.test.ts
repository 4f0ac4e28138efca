import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bucketSize, openBlob, sealBlob, valueBytesMax } from "./blob.ts";
import { sha256 } from "./primitives.ts";
import { decodes, flipsOf, hex, refuses, truncationsOf, vectors } from "./vectors.testing.ts";

const { value } = vectors;
const dataKey = hex(value.dek);
const blob = hex(value.blob);
const hash = hex(value.blob_sha256);

test("the blob agrees with the vectors", () => {
  const filler = blob.subarray(value.blob_len);
  const sealed = sealBlob(dataKey, hex(value.value), hex(value.nonce), filler);
  assert.equal(sealed.blob.toString("hex"), value.blob);
  assert.equal(sealed.length, value.blob_len);
  assert.equal(sealed.sha256.toString("hex"), value.blob_sha256);
  assert.equal(openBlob(dataKey, blob, value.blob_len, hash).toString("hex"), value.value);
});

test("buckets agree with the vectors", () => {
  for (const [length, bucket] of vectors.buckets) assert.equal(bucketSize(length), bucket);
});

test("every flipped bit of a blob, its filler included, and every truncation is refused as E_BLOB", () => {
  for (const { bytes } of flipsOf(blob))
    refuses("E_BLOB", () => openBlob(dataKey, bytes, value.blob_len, hash));
  for (const bytes of truncationsOf(blob))
    refuses("E_BLOB", () => openBlob(dataKey, bytes, value.blob_len, hash));
  for (const { bytes } of flipsOf(hash))
    refuses("E_BLOB", () => openBlob(dataKey, blob, value.blob_len, bytes));
});

test("a blob altered together with the hash in its record is refused as E_TAG, but for its filler", () => {
  for (const { at, bytes } of flipsOf(blob)) {
    const open = () => openBlob(dataKey, bytes, value.blob_len, sha256(bytes));
    if (at < value.blob_len) refuses("E_TAG", open);
    else assert.equal(open().toString("hex"), value.value);
  }
});

test("a length that cannot be is E_FORMAT, another one E_TAG", () => {
  for (const length of [-1, 0, 27, blob.length + 1, 30.5, Number.NaN]) {
    refuses("E_FORMAT", () => openBlob(dataKey, blob, length, hash));
  }
  for (const length of [28, value.blob_len - 1, value.blob_len + 1, blob.length]) {
    refuses("E_TAG", () => openBlob(dataKey, blob, length, hash));
  }
});

test("another data key is E_TAG", () => {
  for (const { bytes } of flipsOf(dataKey))
    refuses("E_TAG", () => openBlob(bytes, blob, value.blob_len, hash));
});

test("values of any size come back, from a blob that shows no more than their bucket", () => {
  const sizes = fc.oneof(fc.nat(5000), fc.constantFrom(0, 228, 229, 65_508, 65_509, valueBytesMax));
  fc.assert(
    fc.property(sizes, fc.nat(255), (size, byte) => {
      const content = Buffer.alloc(size, byte);
      const sealed = sealBlob(dataKey, content);
      assert.equal(sealed.length, size + 28);
      assert.equal(sealed.blob.length, bucketSize(size + 28));
      assert.deepEqual(openBlob(dataKey, sealed.blob, sealed.length, sealed.sha256), content);
    }),
    { numRuns: 40 },
  );
});

test("a value above 1 MiB is a defect of the caller", () => {
  assert.throws(() => sealBlob(dataKey, Buffer.alloc(valueBytesMax + 1)), RangeError);
});

test("random blobs are refused with a code", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(400), (bytes, length) => {
      decodes(() => openBlob(dataKey, bytes, length, sha256(bytes)));
    }),
  );
});
