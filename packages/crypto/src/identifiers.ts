import { fromHex } from "./buffers.ts";
import { isZero, toHex } from "./bytes.ts";
import { toCrockford } from "./crockford.ts";
import { CryptoError } from "./errors.ts";
import { randomBytes } from "./primitives.ts";

/** 16 random bytes, not all zero, as 32 lower-case hex digits. */
export function generateInstanceId(): string {
  const bytes = randomBytes(16);
  return isZero(bytes) ? generateInstanceId() : toHex(bytes);
}

/** As {@link generateInstanceId}. */
export function generateAccountId(): string {
  return generateInstanceId();
}

const base32 = "abcdefghijklmnopqrstuvwxyz234567";

/** `cf-` and 16 letters: lower-case unpadded base32 (RFC 4648 §6) of 10 random bytes. */
export function generateFragmentId(): string {
  // 256 is a multiple of 32, so every letter is equally likely, and 16 letters are 80 bits.
  return `cf-${Array.from(randomBytes(16), (byte) => base32[byte & 31]).join("")}`;
}

/** `p-` and 14 lower-case Crockford characters (70 bits). */
export function generateAccessId(): string {
  return `p-${toCrockford(randomBytes(9)).slice(0, 14).toLowerCase()}`;
}

/** An account or instance id from outside. @throws {CryptoError} `E_FORMAT` */
export function parseId(text: string): Buffer {
  const id = fromHex(text, 16);
  if (isZero(id)) throw new CryptoError("E_FORMAT", "an id must not be all zero");
  return id;
}
