// Pure: shared with the browser.
import { readU32, requireLength } from "./bytes.ts";
import { type Context, contextAt, contextLength, purposes } from "./context.ts";
import { CryptoError } from "./errors.ts";

/** Offsets within a sealed byte string; the tag is its last 16 bytes. */
export const sealAt = {
  format: 0,
  purpose: 1,
  customerEpoch: 2,
  vaultEpoch: 6,
  salt: 10,
  commitment: 42,
  nonce: 74,
  ciphertext: 86,
} as const;

export const sealFormat = 1;
export const tagLength = 16;
export const nonceLength = 12;
export const okmLength = 64;
export const dataKeyLength = 32;
/** A sealed data key. */
export const wrapLength = 134;
const sealedLengthMin = sealAt.ciphertext + tagLength;

/** Writes bytes 0 to 73, which are also the additional authenticated data. */
export function writeSealHeader(sealed: Uint8Array, okm: Uint8Array, x: Uint8Array): void {
  requireLength("okm", okm, okmLength);
  requireLength("context", x, contextLength);
  sealed[sealAt.format] = sealFormat;
  sealed[sealAt.purpose] = x[contextAt.purpose] as number;
  // Both epochs and the salt are neighbours in X and in the header.
  sealed.set(x.subarray(contextAt.customerEpoch), sealAt.customerEpoch);
  sealed.set(okm.subarray(32), sealAt.commitment);
}

/**
 * Checks what can be checked without a key and tells which context to derive keys for.
 *
 * @throws {CryptoError} `E_FORMAT` for length, format or purpose.
 */
export function sealedContext(
  sealed: Uint8Array,
  expected: { account: Uint8Array; purpose: number; id: Uint8Array; version: number },
): Context {
  checkFrame(sealed);
  if (sealed[sealAt.purpose] !== expected.purpose)
    throw new CryptoError("E_FORMAT", "sealed for another purpose");
  return {
    account: expected.account,
    purpose: expected.purpose,
    id: expected.id,
    version: expected.version,
    customerEpoch: readU32(sealed, sealAt.customerEpoch),
    vaultEpoch: readU32(sealed, sealAt.vaultEpoch),
    salt: new Uint8Array(sealed.subarray(sealAt.salt, sealAt.commitment)),
  };
}

/** The parts of sealed bytes, as views. @throws {CryptoError} `E_FORMAT` */
export function sealedParts(sealed: Uint8Array) {
  checkFrame(sealed);
  return {
    header: sealed.subarray(0, sealAt.nonce),
    commitment: sealed.subarray(sealAt.commitment, sealAt.nonce),
    nonce: sealed.subarray(sealAt.nonce, sealAt.ciphertext),
    /** Ciphertext and tag. */
    body: sealed.subarray(sealAt.ciphertext),
  };
}

/** @throws {CryptoError} `E_FORMAT` when a wrap holds anything but a data key: only a defective writer makes one. */
export function checkOpened(sealed: Uint8Array, plaintext: Uint8Array): void {
  if (sealed[sealAt.purpose] === purposes.wrap && plaintext.length !== dataKeyLength) {
    throw new CryptoError("E_FORMAT", "a wrap must hold a data key of 32 bytes");
  }
}

function checkFrame(sealed: Uint8Array): void {
  if (sealed.length < sealedLengthMin) throw new CryptoError("E_FORMAT", "sealed bytes are too short");
  if (sealed[sealAt.format] !== sealFormat) throw new CryptoError("E_FORMAT", "sealed in an unknown format");
}
