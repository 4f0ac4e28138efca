import { concatBytes, utf8 } from "./bytes.ts";
import { labels } from "./labels.ts";
import { equalConstantTime, randomBytes, sha256, wipe } from "./primitives.ts";

export { generateAccessId } from "./identifiers.ts";

/** 32 random bytes as base64, with padding: the shape that Akeyless clients know. */
export function generateAccessKey(): string {
  const bytes = randomBytes(32);
  const text = bytes.toString("base64");
  wipe(bytes);
  return text;
}

/** 32 bytes to keep in the auth method's record. A random key of 256 bits needs no slow hash and no salt. */
export function accessKeyVerifier(accessId: string, accessKey: string): Buffer {
  const secret = utf8(accessKey);
  const message = concatBytes(labels.access, utf8(accessId), Uint8Array.of(0), secret);
  const verifier = sha256(message);
  wipe(message, secret);
  return verifier;
}

/** Compares in constant time. */
export function verifyAccessKey(verifier: Uint8Array, accessId: string, accessKey: string): boolean {
  return equalConstantTime(verifier, accessKeyVerifier(accessId, accessKey));
}
