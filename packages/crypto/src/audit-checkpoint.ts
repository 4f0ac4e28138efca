import { CryptoError } from "./errors.ts";
import { sha256 } from "./primitives.ts";
import { type SigningKey, signatureLength, verifySignature } from "./signing.ts";

/** The type byte of an Ed25519 key in a C2SP signed note. */
const ed25519Type = 1;
const keyIdLength = 4;

/** How far an audit log reaches: `root` stands for its first `size` leaves. */
export interface AuditCheckpoint {
  size: number;
  /** 32 bytes. */
  root: Buffer;
}

/**
 * A C2SP `tlog-checkpoint`: a signed note whose key name is the log's origin.
 *
 * @see c2sp.org/tlog-checkpoint, c2sp.org/signed-note
 */
export function signAuditCheckpoint(
  origin: string,
  checkpoint: { size: number; root: Uint8Array },
  key: SigningKey,
): string {
  const text = `${origin}\n${checkpoint.size}\n${toBase64(checkpoint.root)}\n`;
  const signature = Buffer.concat([keyIdOf(origin, key.publicKey), key.sign(Buffer.from(text))]);
  return `${text}\n\u2014 ${origin} ${toBase64(signature)}\n`;
}

/** @throws {CryptoError} `E_FORMAT` for another layout, origin or key; `E_CHECK` for a signature that is not genuine. */
export function openAuditCheckpoint(note: string, origin: string, publicKey: Uint8Array): AuditCheckpoint {
  const [name, size, root, blank, signature = "", end, ...more] = note.split("\n");
  const prefix = `\u2014 ${origin} `;
  const isNote =
    name === origin && blank === "" && signature.startsWith(prefix) && end === "" && more.length === 0;
  if (!isNote || size === undefined || root === undefined)
    throw new CryptoError("E_FORMAT", "not a checkpoint of this log");
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size)))
    throw new CryptoError("E_FORMAT", "a checkpoint's size is a decimal number");
  const signed = fromBase64(signature.slice(prefix.length), keyIdLength + signatureLength);
  if (!keyIdOf(origin, publicKey).equals(signed.subarray(0, keyIdLength)))
    throw new CryptoError("E_FORMAT", "a checkpoint signed with another key");
  const checkpoint = { size: Number(size), root: fromBase64(root, 32) };
  const text = Buffer.from(`${name}\n${size}\n${root}\n`);
  if (!verifySignature(publicKey, text, signed.subarray(keyIdLength)))
    throw new CryptoError("E_CHECK", "the checkpoint's signature is not genuine");
  return checkpoint;
}

/** The log's public key in the form that C2SP verifiers take. */
export function auditVerifierKey(origin: string, publicKey: Uint8Array): string {
  const key = Buffer.concat([Uint8Array.of(ed25519Type), publicKey]);
  return `${origin}+${keyIdOf(origin, publicKey).toString("hex")}+${toBase64(key)}`;
}

function keyIdOf(origin: string, publicKey: Uint8Array): Buffer {
  const name = Buffer.from(`${origin}\n`);
  return sha256(name, Uint8Array.of(ed25519Type), publicKey).subarray(0, keyIdLength);
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

function fromBase64(text: string, length: number): Buffer {
  const bytes = Buffer.from(text, "base64");
  // Buffer ignores what is not base64: only the way back shows whether there was any.
  if (bytes.length !== length || bytes.toString("base64") !== text)
    throw new CryptoError("E_FORMAT", "not base64");
  return bytes;
}
