import { requireLength } from "./bytes.ts";
import { contextAt } from "./context.ts";
import { labels } from "./labels.ts";
import { hkdf, mac, randomBytes, sha256, wipe } from "./primitives.ts";

/** The keys that live as long as the account: names of records, hedge of randomness, state checkpoints. */
export function deriveControlKeys(control: Uint8Array): { name: Buffer; hedge: Buffer; state: Buffer } {
  requireLength("control key", control, 32);
  return {
    name: mac(control, labels.controlName),
    hedge: mac(control, labels.controlHedge),
    state: mac(control, labels.controlState),
  };
}

/**
 * A data key and a salt that never repeat on different content, even where a virtual machine resumed twice
 * repeats its random numbers. Uses bytes 0 to 64 of the context: the salt is what is being made.
 *
 * @param content The value (purpose 1), the data key (rewrap) or the padded plaintext (2, 3).
 * @param random 32 bytes, for vectors.
 */
export function freshKeys(
  hedge: Uint8Array,
  x: Uint8Array,
  content: Uint8Array,
  random: Uint8Array = randomBytes(32),
): { dataKey: Buffer; salt: Buffer } {
  requireLength("hedge key", hedge, 32);
  requireLength("random", random, 32);
  if (x.length < contextAt.salt) throw new RangeError(`context must have at least 65 bytes, has ${x.length}`);
  const secret = Buffer.allocUnsafeSlow(32 + contextAt.salt + 32);
  secret.set(random, 0);
  secret.set(x.subarray(0, contextAt.salt), 32);
  secret.set(sha256(content), 32 + contextAt.salt);
  const okm = hkdf(hedge, secret, labels.fresh, 64);
  wipe(secret);
  // Two buffers, so that the key can be wiped while the salt lives on.
  const dataKey = Buffer.allocUnsafeSlow(32);
  const salt = Buffer.allocUnsafeSlow(32);
  okm.copy(dataKey, 0, 0, 32);
  okm.copy(salt, 0, 32, 64);
  wipe(okm);
  return { dataKey, salt };
}
