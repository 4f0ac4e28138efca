// For tests only: the known answers, and the tools to bend them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { CryptoError, type CryptoErrorCode } from "./errors.ts";
import { sealAt } from "./seal-layout.ts";

/** Made by the independent generator beside it, vectors/gen_vectors.py. */
export const vectors = JSON.parse(readFileSync(new URL("../vectors/vectors.json", import.meta.url), "utf8"));

export function hex(text: string): Buffer {
  return Buffer.from(text, "hex");
}

export const account = hex(vectors.keys.account);

export function isCode(error: unknown, code: CryptoErrorCode): boolean {
  return error instanceof CryptoError && error.code === code;
}

export function refuses(code: CryptoErrorCode, run: () => unknown, message?: string): void {
  assert.throws(run, (error) => {
    assert(error instanceof CryptoError, `${message ?? ""} threw ${error}`);
    assert.equal(error.code, code, `${message ?? ""} ${error.message}`);
    return true;
  });
}

export interface Flip {
  /** Index of the byte, and value of the bit within it. */
  at: number;
  bit: number;
  bytes: Buffer;
}

/** Every byte string that differs from this one in a single bit. */
export function* flipsOf(original: Uint8Array): IterableIterator<Flip> {
  for (let at = 0; at < original.length; at += 1) {
    for (let bit = 1; bit < 256; bit *= 2) {
      const bytes = Buffer.from(original);
      bytes[at] = (bytes[at] as number) ^ bit;
      yield { at, bit, bytes };
    }
  }
}

/** Every proper prefix. */
export function* truncationsOf(original: Uint8Array): IterableIterator<Buffer> {
  for (let length = 0; length < original.length; length += 1) yield Buffer.from(original.subarray(0, length));
}

/** Runs a decoder and lets nothing pass but a value or a CryptoError. */
export function decodes(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
  }
}

/** What one flipped bit of sealed bytes must be refused with, by where it is; other epochs are not loaded. */
export function codeOfSealedByte(at: number): CryptoErrorCode {
  if (at < sealAt.customerEpoch) return "E_FORMAT";
  if (at < sealAt.salt) return "E_EPOCH";
  return at < sealAt.nonce ? "E_KEY" : "E_TAG";
}
