import { createCipheriv, createDecipheriv } from "node:crypto";
import { CryptoError } from "./errors.ts";
import { tagLength } from "./seal-layout.ts";

const algorithm = "aes-256-gcm";

/** AES-256-GCM. Writes ciphertext and tag into `out` from `at` on. */
export function encryptInto(
  out: Uint8Array,
  at: number,
  input: { key: Uint8Array; nonce: Uint8Array; plaintext: Uint8Array; additional?: Uint8Array },
): void {
  const cipher = createCipheriv(algorithm, input.key, input.nonce, { authTagLength: tagLength });
  if (input.additional !== undefined) cipher.setAAD(input.additional);
  out.set(cipher.update(input.plaintext), at);
  cipher.final();
  out.set(cipher.getAuthTag(), at + input.plaintext.length);
}

/** Opens ciphertext ‖ tag into a fresh buffer. @throws {CryptoError} `E_TAG` */
export function decrypt(input: {
  key: Uint8Array;
  nonce: Uint8Array;
  body: Uint8Array;
  additional?: Uint8Array;
}): Buffer {
  const { key, nonce, body, additional } = input;
  const end = body.length - tagLength;
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagLength });
  if (additional !== undefined) decipher.setAAD(additional);
  decipher.setAuthTag(body.subarray(end));
  // GCM is a stream: update yields everything, final only checks the tag.
  const plaintext = decipher.update(body.subarray(0, end));
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    throw new CryptoError("E_TAG", "the ciphertext was altered");
  }
  return plaintext;
}
