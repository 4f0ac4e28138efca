import { copyBuffer, fromHex } from "./buffers.ts";
import { concatBytes, expectLength, isZero, readU64, requireLength, writeU64 } from "./bytes.ts";
import { CryptoError } from "./errors.ts";
import { labels } from "./labels.ts";
import { type SigningKey, signatureLength, verifySignature } from "./signing.ts";

/** "I have accepted this head": what gateways tell each other, so that a vault cannot show them two histories. */
export interface HeadStatement {
  /** 16 bytes. */
  account: Buffer;
  seq: number;
  /** 32 bytes. */
  hash: Buffer;
  /** Hex. */
  instance: string;
  /** Milliseconds since 1970. */
  time: number;
}

const format = 1;
const at = { account: 1, seq: 17, hash: 25, instance: 57, time: 73, signature: 81 } as const;
const statementLength = at.signature + signatureLength;

/** 145 bytes. */
export function signHeadStatement(statement: HeadStatement, key: SigningKey): Buffer {
  requireLength("account", statement.account, 16);
  requireLength("hash", statement.hash, 32);
  const bytes = Buffer.allocUnsafeSlow(statementLength);
  bytes[0] = format;
  bytes.set(statement.account, at.account);
  writeU64(bytes, at.seq, statement.seq);
  bytes.set(statement.hash, at.hash);
  bytes.set(fromHex(statement.instance, 16), at.instance);
  writeU64(bytes, at.time, statement.time);
  bytes.set(key.sign(signedPart(bytes)), at.signature);
  return bytes;
}

/** Says nothing about the signature: the instance tells which key to verify with. @throws {CryptoError} `E_FORMAT` */
export function decodeHeadStatement(input: Uint8Array): HeadStatement {
  expectLength(input, statementLength);
  const bytes = copyBuffer(input);
  if (bytes[0] !== format) throw new CryptoError("E_FORMAT", "a head statement of an unknown format");
  const seq = readU64(bytes, at.seq);
  if (!Number.isSafeInteger(seq)) throw new CryptoError("E_FORMAT", "the seq is above 2^53 - 1");
  if (isZero(bytes, at.instance, at.time))
    throw new CryptoError("E_FORMAT", "an instance id must not be all zero");
  return {
    account: bytes.subarray(at.account, at.seq),
    seq,
    hash: bytes.subarray(at.hash, at.instance),
    instance: bytes.toString("hex", at.instance, at.time),
    time: readU64(bytes, at.time),
  };
}

export function verifyHeadStatement(bytes: Uint8Array, publicKey: Uint8Array): boolean {
  if (bytes.length !== statementLength || bytes[0] !== format) return false;
  return verifySignature(publicKey, signedPart(bytes), bytes.subarray(at.signature));
}

function signedPart(bytes: Uint8Array): Uint8Array {
  return concatBytes(labels.head, bytes.subarray(0, at.signature));
}
