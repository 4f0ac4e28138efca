// Pure: shared with the browser.
import {
  type Bytes,
  expectLength,
  readU32,
  readU64,
  requireLength,
  writeU32,
  writeU64,
  zero32,
} from "./bytes.ts";
import { CryptoError } from "./errors.ts";

/** What a share, and the seal it helps to open, is for. */
export const purposes = {
  keyCheck: 0,
  wrap: 1,
  record: 2,
  audit: 3,
  fragmentFile: 0x10,
  vaultRoot: 0x11,
  vaultRow: 0x12,
} as const;

/**
 * `X`: what a share is bound to. Its 97 bytes are
 * `account[16] ‖ u8 purpose ‖ id[32] ‖ u64 version ‖ u32 customer epoch ‖ u32 vault epoch ‖ salt[32]`.
 */
export interface Context {
  /** 16 bytes. */
  account: Uint8Array;
  purpose: number;
  /** 32 bytes. */
  id: Uint8Array;
  version: number;
  customerEpoch: number;
  vaultEpoch: number;
  /** 32 bytes. */
  salt: Uint8Array;
}

export const contextLength = 97;
/** Offsets within X. */
export const contextAt = {
  purpose: 16,
  id: 17,
  version: 49,
  customerEpoch: 57,
  vaultEpoch: 61,
  salt: 65,
} as const;

export function encodeContext(context: Context): Bytes {
  requireLength("account", context.account, 16);
  requireLength("id", context.id, 32);
  requireLength("salt", context.salt, 32);
  const x = new Uint8Array(contextLength);
  x.set(context.account, 0);
  x[contextAt.purpose] = context.purpose;
  x.set(context.id, contextAt.id);
  writeU64(x, contextAt.version, context.version);
  writeU32(x, contextAt.customerEpoch, context.customerEpoch);
  writeU32(x, contextAt.vaultEpoch, context.vaultEpoch);
  x.set(context.salt, contextAt.salt);
  return x;
}

/** @throws {CryptoError} `E_FORMAT` unless there are 97 bytes, with a version of at most 2^53 - 1. */
export function decodeContext(x: Uint8Array): Context {
  expectLength(x, contextLength);
  const bytes = new Uint8Array(x);
  const version = readU64(bytes, contextAt.version);
  if (!Number.isSafeInteger(version)) throw new CryptoError("E_FORMAT", "the version is above 2^53 - 1");
  return {
    account: bytes.subarray(0, contextAt.purpose),
    purpose: bytes[contextAt.purpose] as number,
    id: bytes.subarray(contextAt.id, contextAt.version),
    version,
    customerEpoch: readU32(bytes, contextAt.customerEpoch),
    vaultEpoch: readU32(bytes, contextAt.vaultEpoch),
    salt: bytes.subarray(contextAt.salt),
  };
}

/** `X0`, the context of the root key that all seals of one purpose and pair of epochs hang on. */
export function rootContext(
  account: Uint8Array,
  purpose: number,
  customerEpoch: number,
  vaultEpoch: number,
): Bytes {
  return encodeContext({ account, purpose, id: zero32, version: 0, customerEpoch, vaultEpoch, salt: zero32 });
}

/** The context of a key check value: one of the epochs is 0, the other names the fragment that is checked. */
export function keyCheckContext(account: Uint8Array, customerEpoch: number, vaultEpoch: number): Bytes {
  return rootContext(account, purposes.keyCheck, customerEpoch, vaultEpoch);
}
