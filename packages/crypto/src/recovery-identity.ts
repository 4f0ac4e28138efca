import { bech32 } from "@scure/base";
import { identityToRecipient } from "age-encryption";
import { requireLength } from "./bytes.ts";
import { CryptoError } from "./errors.ts";

/** Human-readable part of an age identity of the hybrid post-quantum kind. @see https://c2sp.org/age */
const identityPrefix = "age-secret-key-pq-";
const recipientForm = /^age1pq1[02-9ac-hj-np-z]+$/;

/** The age identity of a recovery seed of 32 bytes: `AGE-SECRET-KEY-PQ-1…`. Whoever has it opens every backup. */
export function recoveryIdentity(seed: Uint8Array): string {
  requireLength("seed", seed, 32);
  return bech32.encodeFromBytes(identityPrefix, seed).toUpperCase();
}

/** An identity's public half, `age1pq1…`. @throws {CryptoError} `E_FORMAT` for a text that is no such identity. */
export async function recipientOf(identity: string): Promise<string> {
  const isHybrid = identity.startsWith(identityPrefix.toUpperCase());
  const recipient = isHybrid ? await identityToRecipient(identity).catch(() => undefined) : undefined;
  // The library's own message would quote the identity.
  if (recipient === undefined)
    throw new CryptoError("E_FORMAT", `an age identity begins with ${identityPrefix.toUpperCase()}1`);
  return recipient;
}

/** @throws {CryptoError} `E_FORMAT`: backups go to hybrid post-quantum recipients only. */
export function parseRecipient(text: string): string {
  const isBech32 = recipientForm.test(text) && text.length > 1000 && isDecodable(text);
  if (!isBech32) throw new CryptoError("E_FORMAT", "a recipient of backups begins with age1pq1");
  return text;
}

function isDecodable(text: string): boolean {
  try {
    bech32.decode(text as `${string}1${string}`, false);
    return true;
  } catch {
    return false;
  }
}
