import { CallerError } from "@halfkey/model";

/** Format byte, purpose, epochs, salt, commitment, nonce and tag around at least one byte. */
const sealedBytesMin = 102;
const recordBytesMax = 262_144 + sealedBytesMin;
const blobBytesMin = 256;
/** The padded size of the largest value: 1,048,576 + 28 bytes, rounded up to 65,536. */
const blobBytesMax = 1_114_112;
const recordPurpose = 2;

/** Size and outer layout: all that a vault can tell of a record. @throws {CallerError} E_FORMAT, E_TOO_LARGE */
export function checkSealedRecord(sealed: Uint8Array): void {
  if (sealed.length < sealedBytesMin) throw new CallerError("E_FORMAT", "a record is too short to be sealed");
  if (sealed.length > recordBytesMax) throw new CallerError("E_TOO_LARGE", "a record is too large");
  if (sealed[0] !== 1 || sealed[1] !== recordPurpose) {
    throw new CallerError("E_FORMAT", "a record does not have the layout of a sealed record");
  }
}

/** @throws {CallerError} E_FORMAT, E_TOO_LARGE */
export function checkBlob(bytes: Uint8Array): void {
  if (bytes.length < blobBytesMin) throw new CallerError("E_FORMAT", "a blob is too short");
  if (bytes.length > blobBytesMax) throw new CallerError("E_TOO_LARGE", "a blob is too large");
}

/** @returns a function that refuses an id it has seen before, with E_BLOB. */
export function namedOnce(): (id: Uint8Array) => void {
  const named = new Set<string>();
  return (id) => {
    const name = Buffer.from(id).toString("latin1");
    if (named.has(name)) throw new CallerError("E_BLOB", "a blob id is named twice");
    named.add(name);
  };
}
