import { canonicalCrockford, toCrockford } from "./crockford.ts";
import { CryptoError } from "./errors.ts";
import { labels } from "./labels.ts";
import { randomBytes, sha256 } from "./primitives.ts";

const prefix = "hke1-";
/** 25 characters of 5 bits and one whose 2 low bits are spare, hence zero: 128 bits. */
const canonical = /^HKE1-[0-9A-HJKMNP-TV-Z]{25}[048CGMRW]$/;

/** `hke1-` and 26 Crockford characters: 128 random bits, for one enrolment. */
export function generateEnrolmentCode(): string {
  return prefix + toCrockford(randomBytes(16));
}

/**
 * What the vault keeps of a code, 32 bytes. Case, O for 0 and I or L for 1 make no difference.
 *
 * @throws {CryptoError} `E_FORMAT`
 */
export function enrolmentCodeHash(code: string): Buffer {
  // ASCII first: toUpperCase would turn some foreign letters into ours.
  const text = /^[A-Za-z0-9-]+$/.test(code) ? canonicalCrockford(code) : "";
  if (!canonical.test(text))
    throw new CryptoError("E_FORMAT", `an enrolment code is ${prefix} and 26 characters`);
  return sha256(labels.enrolmentCode, Buffer.from(text));
}
