// Pure: shared with the browser.
import { CryptoError } from "./errors.ts";
import { nonceLength, tagLength } from "./seal-layout.ts";

export const valueBytesMax = 1_048_576;

/** Nonce and tag: what a blob adds to its value before padding. */
export const blobOverhead = nonceLength + tagLength;

const smallestBucket = 256;
const doublingMax = 65_536;

/** Bytes of the padded blob for `length` bytes of nonce, ciphertext and tag: all that the vault learns of a value's size. */
export function bucketSize(length: number): number {
  if (length > doublingMax) return Math.ceil(length / doublingMax) * doublingMax;
  let bucket = smallestBucket;
  while (bucket < length) bucket *= 2;
  return bucket;
}

/** Nonce, and ciphertext with tag, as views. @throws {CryptoError} `E_FORMAT` for a length that cannot be. */
export function blobParts(blob: Uint8Array, length: number): { nonce: Uint8Array; body: Uint8Array } {
  if (!Number.isSafeInteger(length) || length < blobOverhead || length > blob.length) {
    throw new CryptoError("E_FORMAT", "the blob cannot have this length");
  }
  return { nonce: blob.subarray(0, nonceLength), body: blob.subarray(nonceLength, length) };
}
