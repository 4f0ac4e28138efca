import { decrypt, encryptInto } from "./aead.ts";
import { blobOverhead, blobParts, bucketSize, valueBytesMax } from "./blob-layout.ts";
import { requireLength } from "./bytes.ts";
import { CryptoError } from "./errors.ts";
import { equalConstantTime, randomBytes, sha256 } from "./primitives.ts";
import { dataKeyLength, nonceLength } from "./seal-layout.ts";

export { bucketSize, valueBytesMax } from "./blob-layout.ts";

/**
 * Encrypts a value and pads it with random filler to its bucket. The data key is for this one value.
 *
 * @param nonce, filler For vectors.
 * @returns The blob, the bytes of it that count, and its hash: the last two go into the item's record.
 * @throws {RangeError} For a value above {@link valueBytesMax}: callers check that first.
 */
export function sealBlob(
  dataKey: Uint8Array,
  value: Uint8Array,
  nonce: Uint8Array = randomBytes(nonceLength),
  filler?: Uint8Array,
): { blob: Buffer; length: number; sha256: Buffer } {
  requireLength("data key", dataKey, dataKeyLength);
  requireLength("nonce", nonce, nonceLength);
  if (value.length > valueBytesMax)
    throw new RangeError(`a value may have ${valueBytesMax} bytes, has ${value.length}`);
  const length = value.length + blobOverhead;
  const blob = Buffer.allocUnsafeSlow(bucketSize(length));
  const padding = filler ?? randomBytes(blob.length - length);
  requireLength("filler", padding, blob.length - length);
  blob.set(nonce, 0);
  encryptInto(blob, nonceLength, { key: dataKey, nonce, plaintext: value });
  blob.set(padding, length);
  return { blob, length, sha256: sha256(blob) };
}

/** @throws {CryptoError} `E_BLOB` (another hash than the record's), `E_FORMAT` (length), `E_TAG`. */
export function openBlob(dataKey: Uint8Array, blob: Uint8Array, length: number, hash: Uint8Array): Buffer {
  requireLength("data key", dataKey, dataKeyLength);
  if (!equalConstantTime(sha256(blob), hash))
    throw new CryptoError("E_BLOB", "the blob is not the one the record names");
  return decrypt({ key: dataKey, ...blobParts(blob, length) });
}
