// WebCrypto, opening only. It shares the byte layouts and the vectors with the rest; no node: import may come in.
import { blobParts } from "./blob-layout.ts";
import { type Bytes, concatBytes, equalBytes, requireLength } from "./bytes.ts";
import { contextAt, contextLength } from "./context.ts";
import { CryptoError } from "./errors.ts";
import { labels } from "./labels.ts";
import { checkOpened, dataKeyLength, okmLength, sealedParts, tagLength } from "./seal-layout.ts";

export { bucketSize, valueBytesMax } from "./blob-layout.ts";
export { fromBase64Url, fromHex, toBase64Url, toHex, zero32 } from "./bytes.ts";
export {
  type Context,
  decodeContext,
  encodeContext,
  keyCheckContext,
  purposes,
  rootContext,
} from "./context.ts";
export { CryptoError, type CryptoErrorCode } from "./errors.ts";
export { sealedContext, wrapLength } from "./seal-layout.ts";

const { subtle } = globalThis.crypto;

/** As in the main entry, but asynchronous; so are all below. */
export function customerShare(epochKey: Uint8Array, x: Uint8Array): Promise<Bytes> {
  return share(labels.customerShare, epochKey, x);
}

export function vaultShare(fragment: Uint8Array, x: Uint8Array): Promise<Bytes> {
  return share(labels.vaultShare, fragment, x);
}

export function rootKey(customerShare: Uint8Array, vaultShare: Uint8Array, x0: Uint8Array): Promise<Bytes> {
  return derive(customerShare, vaultShare, labels.root, x0, 32);
}

export function splitKeys(customerShare: Uint8Array, vaultShare: Uint8Array, x: Uint8Array): Promise<Bytes> {
  return derive(customerShare, vaultShare, labels.seal, x, okmLength);
}

export async function rootedKeys(root: Uint8Array, x: Uint8Array): Promise<Bytes> {
  return derive(x.subarray(contextAt.salt), root, labels.seal, x, okmLength);
}

/** @throws {CryptoError} `E_FORMAT`, `E_KEY`, `E_TAG` */
export async function openSealed(okm: Uint8Array, sealed: Uint8Array): Promise<Bytes> {
  requireLength("okm", okm, okmLength);
  const { header, commitment, nonce, body } = sealedParts(sealed);
  if (!equalConstantTime(commitment, okm.subarray(32)))
    throw new CryptoError("E_KEY", "sealed under another key");
  const plaintext = await decrypt(okm.subarray(0, 32), nonce, body, header);
  checkOpened(sealed, plaintext);
  return plaintext;
}

/** @throws {CryptoError} `E_BLOB` (another hash than the record's), `E_FORMAT` (length), `E_TAG` */
export async function openBlob(
  dataKey: Uint8Array,
  blob: Uint8Array,
  length: number,
  hash: Uint8Array,
): Promise<Bytes> {
  requireLength("data key", dataKey, dataKeyLength);
  const own = new Uint8Array(await subtle.digest("SHA-256", asBytes(blob)));
  if (!equalBytes(own, hash)) throw new CryptoError("E_BLOB", "the blob is not the one the record names");
  const { nonce, body } = blobParts(blob, length);
  return decrypt(dataKey, nonce, body);
}

async function share(label: Uint8Array, key: Uint8Array, x: Uint8Array): Promise<Bytes> {
  requireLength("key", key, 32);
  requireLength("context", x, contextLength);
  const imported = await subtle.importKey("raw", asBytes(key), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  return new Uint8Array(await subtle.sign("HMAC", imported, concatBytes(label, x)));
}

async function derive(
  salt: Uint8Array,
  secret: Uint8Array,
  label: Uint8Array,
  x: Uint8Array,
  length: number,
) {
  requireLength("context", x, contextLength);
  requireLength("salt", salt, 32);
  requireLength("secret", secret, 32);
  const imported = await subtle.importKey("raw", asBytes(secret), "HKDF", false, ["deriveBits"]);
  const algorithm = { name: "HKDF", hash: "SHA-256", salt: asBytes(salt), info: concatBytes(label, x) };
  return new Uint8Array(await subtle.deriveBits(algorithm, imported, length * 8));
}

async function decrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  body: Uint8Array,
  additional?: Uint8Array,
): Promise<Bytes> {
  const imported = await subtle.importKey("raw", asBytes(key), "AES-GCM", false, ["decrypt"]);
  const algorithm = {
    name: "AES-GCM",
    iv: asBytes(nonce),
    tagLength: tagLength * 8,
    ...(additional === undefined ? {} : { additionalData: asBytes(additional) }),
  };
  try {
    return new Uint8Array(await subtle.decrypt(algorithm, imported, asBytes(body)));
  } catch {
    throw new CryptoError("E_TAG", "the ciphertext was altered");
  }
}

/** WebCrypto has no such compare; this one looks at every byte, whatever it finds. */
function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at += 1) difference |= (a[at] as number) ^ (b[at] as number);
  return difference === 0;
}

/** WebCrypto takes no shared memory. Ours never is. */
function asBytes(bytes: Uint8Array): Bytes {
  return bytes as Bytes;
}
