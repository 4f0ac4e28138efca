import * as crypto from "node:crypto";

// The algorithms of docs/cryptography.md "Primitives", and no others. Whoever needs one imports it from here.

/** SHA-256 of the parts, one after the other. */
export function sha256(...parts: Uint8Array[]): Buffer {
  const only = parts[0];
  // One-shot hashing costs two thirds of a hash object.
  return crypto.hash(
    "sha256",
    parts.length === 1 && only !== undefined ? only : Buffer.concat(parts),
    "buffer",
  );
}

export function sha256Hex(bytes: Uint8Array): string {
  return crypto.hash("sha256", bytes, "hex");
}

/** HMAC-SHA-256. Parts must not be secret: they pass through Buffer's shared pool. */
export function mac(key: Uint8Array, ...parts: Uint8Array[]): Buffer {
  const only = parts[0];
  const message = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  return crypto.createHmac("sha256", key).update(message).digest();
}

/** HKDF-SHA-256. @see RFC 5869 */
export function hkdf(salt: Uint8Array, secret: Uint8Array, info: Uint8Array, length: number): Buffer {
  return Buffer.from(crypto.hkdfSync("sha256", secret, salt, info, length));
}

/** False on different lengths, which are not secret. */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && crypto.timingSafeEqual(a, b);
}

/** From the operating system's generator, in memory of its own. */
export function randomBytes(length: number): Buffer {
  return crypto.randomFillSync(Buffer.allocUnsafeSlow(length));
}

/** Overwrites what is no longer needed. JavaScript may have made copies; we made none. */
export function wipe(...buffers: Uint8Array[]): void {
  for (const buffer of buffers) buffer.fill(0);
}
