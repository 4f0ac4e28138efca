import { isUtf8 } from "node:buffer";
import { fromBase64Url, toBase64Url, toHex } from "./buffers.ts";
import { concatBytes, readU16, requireLength, writeU16 } from "./bytes.ts";
import { CryptoError } from "./errors.ts";
import { parseId } from "./identifiers.ts";
import { labels } from "./labels.ts";
import { sha256 } from "./primitives.ts";

/** What a new instance asks to be admitted with. It travels by the operator's hand, never through the vault. */
export interface JoinRequest {
  /** Hex. */
  account: string;
  /** Hex. */
  instance: string;
  /** 32 bytes, Ed25519. */
  publicKey: Uint8Array;
  /** age recipient, to which the export is encrypted. */
  recipient: string;
}

const prefix = "hkj1-";
const at = { instance: 16, publicKey: 32, length: 64, recipient: 66 } as const;

/** @throws {CryptoError} `E_FORMAT` for ids that are none. */
export function encodeJoinRequest(request: JoinRequest): string {
  requireLength("public key", request.publicKey, 32);
  const recipient = Buffer.from(request.recipient);
  const length = new Uint8Array(2);
  writeU16(length, 0, recipient.length);
  const parts = [parseId(request.account), parseId(request.instance), request.publicKey, length, recipient];
  return prefix + toBase64Url(concatBytes(...parts));
}

/**
 * The fingerprint, 32 hex digits in groups of four, covers all of the request: the operator compares it with the
 * one that the new instance printed.
 *
 * @throws {CryptoError} `E_FORMAT`
 */
export function decodeJoinRequest(text: string): JoinRequest & { publicKey: Buffer; fingerprint: string } {
  if (!text.startsWith(prefix)) throw new CryptoError("E_FORMAT", `a join request begins with ${prefix}`);
  const bytes = fromBase64Url(text.slice(prefix.length));
  if (bytes.length <= at.recipient || bytes.length !== at.recipient + readU16(bytes, at.length)) {
    throw new CryptoError("E_FORMAT", "a join request of another length");
  }
  const recipient = bytes.subarray(at.recipient);
  // It is shown to the operator: nothing may hide in it.
  if (!isUtf8(recipient) || !/^[!-~]+$/.test(recipient.toString())) {
    throw new CryptoError("E_FORMAT", "a recipient is printable ASCII");
  }
  const ids = [
    bytes.toString("hex", 0, at.instance),
    bytes.toString("hex", at.instance, at.publicKey),
  ] as const;
  for (const id of ids) parseId(id);
  const fingerprint = toHex(sha256(labels.join, bytes).subarray(0, 16));
  return {
    account: ids[0],
    instance: ids[1],
    publicKey: bytes.subarray(at.publicKey, at.length),
    recipient: recipient.toString(),
    fingerprint: fingerprint.replace(/.{4}(?=.)/g, "$& "),
  };
}
