// Pure: the browser runs this file too, so there is no Buffer and no node: import here.
import { CryptoError } from "./errors.ts";

/** Bytes in a buffer of their own, as WebCrypto wants them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** 32 zero bytes: "nothing" among hashes and values. Shared: never write into it. */
export const zero32: Uint8Array = new Uint8Array(32);

const encoder = new TextEncoder();

/** A text's UTF-8 bytes, in memory of their own: fit for secrets, where `Buffer.from` would use its shared pool. */
export function utf8(text: string): Bytes {
  return encoder.encode(text) as Bytes;
}

/** `L(s)`: every key, hash and signature names its purpose, and the NUL keeps one label from starting another. */
export function label(name: string): Bytes {
  return utf8(`halfkey/v1/${name}\0`);
}

export function concatBytes(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** @throws {RangeError} A wrong length here is a defect of ours, never bad input. */
export function requireLength(name: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new RangeError(`${name} must have ${length} bytes, has ${bytes.length}`);
}

export function toBase64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** @throws {CryptoError} `E_FORMAT` unless the text is the one spelling of its bytes. */
export function fromBase64Url(text: string, length?: number): Bytes {
  let bytes: Bytes;
  try {
    bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
  } catch {
    throw new CryptoError("E_FORMAT", "not base64url");
  }
  // The decoder lets white space, padding and stray low bits pass: two texts would name the same bytes.
  if (toBase64Url(bytes) !== text)
    throw new CryptoError("E_FORMAT", "not base64url in its canonical spelling");
  expectLength(bytes, length);
  return bytes;
}

export function toHex(bytes: Uint8Array): string {
  return bytes.toHex();
}

/** @throws {CryptoError} `E_FORMAT` unless the text is lower-case hex of whole bytes. */
export function fromHex(text: string, length?: number): Bytes {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text))
    throw new CryptoError("E_FORMAT", "not lower-case hex");
  const bytes = Uint8Array.fromHex(text);
  expectLength(bytes, length);
  return bytes;
}

export function expectLength(bytes: Uint8Array, length: number | undefined): void {
  if (length !== undefined && bytes.length !== length) {
    throw new CryptoError("E_FORMAT", `expected ${length} bytes, got ${bytes.length}`);
  }
}

/** Not constant-time: for ids, hashes and other public bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}

export function isZero(bytes: Uint8Array, from = 0, to = bytes.length): boolean {
  for (let at = from; at < to; at += 1) if (bytes[at] !== 0) return false;
  return true;
}

// Byte by byte: a DataView for each number costs more than the number.

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  requireInteger(value, 0xffff);
  requireRoom(bytes, at, 2);
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  requireInteger(value, 0xffff_ffff);
  requireRoom(bytes, at, 4);
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export function writeU64(bytes: Uint8Array, at: number, value: number): void {
  requireInteger(value, Number.MAX_SAFE_INTEGER);
  requireRoom(bytes, at, 8);
  writeU32(bytes, at, Math.floor(value / two32));
  writeU32(bytes, at + 4, value % two32);
}

export function readU16(bytes: Uint8Array, at: number): number {
  requireRoom(bytes, at, 2);
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

export function readU32(bytes: Uint8Array, at: number): number {
  requireRoom(bytes, at, 4);
  const high = ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16);
  return (high | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0;
}

/** Above 2^53 - 1 the number is rounded: check `Number.isSafeInteger` wherever that could matter. */
export function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) * two32 + readU32(bytes, at + 4);
}

const two32 = 0x1_0000_0000;

/** @throws {RangeError} as a DataView would: a typed array by itself ignores what lies outside. */
function requireRoom(bytes: Uint8Array, at: number, length: number): void {
  if (!(at >= 0 && at + length <= bytes.length)) {
    throw new RangeError(`${length} bytes at ${at} are outside of ${bytes.length}`);
  }
}

function requireInteger(value: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > max) {
    throw new RangeError(`expected an integer from 0 to ${max}, got ${value}`);
  }
}
