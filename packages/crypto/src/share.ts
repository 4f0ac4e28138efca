import { asBuffer } from "./buffers.ts";
import { requireLength } from "./bytes.ts";
import { contextLength } from "./context.ts";
import { labels } from "./labels.ts";
import { hkdf, mac } from "./primitives.ts";
import { okmLength } from "./seal-layout.ts";

/** The customer's half of the key for one context. */
export function customerShare(epochKey: Uint8Array, x: Uint8Array): Buffer {
  return share(labels.customerShare, epochKey, x);
}

/** The vault's half of the key for one context. */
export function vaultShare(fragment: Uint8Array, x: Uint8Array): Buffer {
  return share(labels.vaultShare, fragment, x);
}

/** The first 4 bytes of a key check context's share, as hex: shows which fragment it is, and nothing of it. */
export function keyCheckValue(share: Uint8Array): string {
  return asBuffer(share).toString("hex", 0, 4);
}

/**
 * A root key, 32 bytes: what all rooted seals of one purpose and pair of epochs are derived from.
 *
 * The customer share is HKDF's salt, the position of the HMAC key, because the vault's input is hostile.
 */
export function rootKey(customerShare: Uint8Array, vaultShare: Uint8Array, x0: Uint8Array): Buffer {
  return derive(customerShare, vaultShare, labels.root, x0, 32);
}

/** The sealing key (bytes 0 to 31) and the commitment to it (32 to 63) of a split seal. The caller wipes them. */
export function splitKeys(customerShare: Uint8Array, vaultShare: Uint8Array, x: Uint8Array): Buffer {
  return derive(customerShare, vaultShare, labels.seal, x, okmLength);
}

/** As {@link splitKeys}, for a seal under a root key. */
export function rootedKeys(root: Uint8Array, x: Uint8Array): Buffer {
  return derive(x.subarray(65), root, labels.seal, x, okmLength);
}

function share(label: Uint8Array, key: Uint8Array, x: Uint8Array): Buffer {
  requireLength("key", key, 32);
  requireLength("context", x, contextLength);
  return mac(key, label, x);
}

function derive(
  salt: Uint8Array,
  secret: Uint8Array,
  label: Uint8Array,
  x: Uint8Array,
  length: number,
): Buffer {
  requireLength("context", x, contextLength);
  requireLength("salt", salt, 32);
  requireLength("secret", secret, 32);
  return hkdf(salt, secret, Buffer.concat([label, x]), length);
}
