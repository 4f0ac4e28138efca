import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { copyBuffer } from "./buffers.ts";
import { requireLength } from "./bytes.ts";
import { randomBytes } from "./primitives.ts";

export const signatureLength = 64;

/** An Ed25519 key of a gateway instance. */
export interface SigningKey {
  /** 32 bytes, secret. */
  readonly seed: Buffer;
  /** 32 bytes. */
  readonly publicKey: Buffer;
  /** @returns 64 bytes. Every message begins with its label. */
  sign(message: Uint8Array): Buffer;
}

export function generateSigningKey(): SigningKey {
  return signingKeyFromSeed(randomBytes(32));
}

/** @throws {RangeError} unless the seed has 32 bytes. */
export function signingKeyFromSeed(seed: Uint8Array): SigningKey {
  requireLength("seed", seed, 32);
  const own = copyBuffer(seed);
  const privateKey = createPrivateKey({ key: own, format: "raw-private", asymmetricKeyType: "ed25519" });
  const publicKey = createPublicKey(privateKey).export({ format: "raw-public" });
  return { seed: own, publicKey: copyBuffer(publicKey), sign: (message) => sign(null, message, privateKey) };
}

/** False for a signature or a public key that cannot be one. */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== signatureLength) return false;
  try {
    const key = createPublicKey({
      key: copyBuffer(publicKey),
      format: "raw-public",
      asymmetricKeyType: "ed25519",
    });
    return verify(null, message, key, signature);
  } catch {
    return false;
  }
}
