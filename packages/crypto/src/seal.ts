import { decrypt, encryptInto } from "./aead.ts";
import { requireLength } from "./bytes.ts";
import { CryptoError } from "./errors.ts";
import { equalConstantTime, randomBytes, wipe } from "./primitives.ts";
import {
  checkOpened,
  nonceLength,
  okmLength,
  sealAt,
  sealedParts,
  tagLength,
  writeSealHeader,
} from "./seal-layout.ts";

export { sealedContext, wrapLength } from "./seal-layout.ts";

/** Seals under keys derived for this context. `nonce` is for vectors: one key seals one message, ever. */
export function seal(
  okm: Uint8Array,
  x: Uint8Array,
  plaintext: Uint8Array,
  nonce: Uint8Array = randomBytes(nonceLength),
): Buffer {
  requireLength("nonce", nonce, nonceLength);
  const sealed = Buffer.allocUnsafeSlow(sealAt.ciphertext + plaintext.length + tagLength);
  writeSealHeader(sealed, okm, x);
  sealed.set(nonce, sealAt.nonce);
  const additional = sealed.subarray(0, sealAt.nonce);
  encryptInto(sealed, sealAt.ciphertext, { key: okm.subarray(0, 32), nonce, plaintext, additional });
  return sealed;
}

/**
 * Opens sealed bytes with the keys of their context (see `sealedContext`). The caller wipes both.
 *
 * @throws {CryptoError} `E_FORMAT`; `E_KEY`: wrong fragment, path, version or root; `E_TAG`: right key, altered bytes.
 */
export function openSealed(okm: Uint8Array, sealed: Uint8Array): Buffer {
  requireLength("okm", okm, okmLength);
  const { header, commitment, nonce, body } = sealedParts(sealed);
  if (!equalConstantTime(commitment, okm.subarray(32)))
    throw new CryptoError("E_KEY", "sealed under another key");
  const plaintext = decrypt({ key: okm.subarray(0, 32), nonce, body, additional: header });
  try {
    checkOpened(sealed, plaintext);
  } catch (error) {
    wipe(plaintext);
    throw error;
  }
  return plaintext;
}
