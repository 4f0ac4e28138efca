import { copyBuffer, fromHex } from "./buffers.ts";
import { concatBytes, readU16, readU64, requireLength, writeU16, writeU64 } from "./bytes.ts";
import { CryptoError } from "./errors.ts";
import { labels } from "./labels.ts";
import { checkOperations, type Operation, type OperationCode } from "./operation.ts";
import { sha256 } from "./primitives.ts";
import { type SigningKey, signatureLength, verifySignature } from "./signing.ts";

export interface JournalEntry {
  /** 16 bytes. */
  account: Buffer;
  seq: number;
  /** Hash of the entry before, zero for seq 0. */
  prev: Buffer;
  /** Root of the trie after the operations. */
  root: Buffer;
  /** Milliseconds since 1970, by the writer's clock: for people only. */
  time: number;
  /** Instance id, hex. */
  writer: string;
  /** Sorted by id. */
  operations: Operation[];
  signature: Buffer;
  /** The whole entry; what stands above are views of it. */
  bytes: Buffer;
  hash: Buffer;
}

const format = 1;
const at = {
  account: 1,
  seq: 17,
  prev: 25,
  root: 57,
  time: 89,
  writer: 97,
  count: 113,
  operations: 115,
} as const;
const operationLength = 65;

/** Layout, id classes, values and order. @throws {CryptoError} `E_FORMAT` */
export function decodeEntry(input: Uint8Array): JournalEntry {
  const bytes = copyBuffer(input);
  if (bytes.length < at.operations + signatureLength)
    throw new CryptoError("E_FORMAT", "a journal entry is longer");
  if (bytes[0] !== format) throw new CryptoError("E_FORMAT", "a journal entry of an unknown format");
  const count = readU16(bytes, at.count);
  const end = at.operations + count * operationLength;
  if (bytes.length !== end + signatureLength)
    throw new CryptoError("E_FORMAT", "a journal entry of another length");
  const seq = readU64(bytes, at.seq);
  if (!Number.isSafeInteger(seq)) throw new CryptoError("E_FORMAT", "the seq is above 2^53 - 1");
  const operations = Array.from({ length: count }, (_, index) =>
    operationAt(bytes, at.operations + index * operationLength),
  );
  checkOperations(operations);
  return {
    account: bytes.subarray(at.account, at.seq),
    seq,
    prev: bytes.subarray(at.prev, at.root),
    root: bytes.subarray(at.root, at.time),
    time: readU64(bytes, at.time),
    writer: bytes.toString("hex", at.writer, at.count),
    operations,
    signature: bytes.subarray(end),
    bytes,
    hash: sha256(bytes),
  };
}

export function verifyEntrySignature(entry: JournalEntry, publicKey: Uint8Array): boolean {
  const signed = entry.bytes.subarray(0, entry.bytes.length - signatureLength);
  return verifySignature(publicKey, concatBytes(labels.journal, signed), entry.signature);
}

/** Lays out and signs; `operations` are sorted already. Checks sizes only. */
export function encodeEntry(
  fields: Pick<JournalEntry, "seq" | "time" | "writer"> & Record<"account" | "prev" | "root", Uint8Array>,
  operations: Operation[],
  signingKey: SigningKey,
): JournalEntry {
  const { account, seq, prev, root, time, writer } = fields;
  const end = at.operations + operations.length * operationLength;
  const bytes = Buffer.allocUnsafeSlow(end + signatureLength);
  bytes[0] = format;
  bytes.set(account, at.account);
  writeU64(bytes, at.seq, seq);
  bytes.set(prev, at.prev);
  bytes.set(root, at.root);
  writeU64(bytes, at.time, time);
  bytes.set(fromHex(writer, 16), at.writer);
  writeU16(bytes, at.count, operations.length);
  operations.forEach((operation, index) => {
    writeOperation(bytes, at.operations + index * operationLength, operation);
  });
  bytes.set(signingKey.sign(concatBytes(labels.journal, bytes.subarray(0, end))), end);
  return {
    account: bytes.subarray(at.account, at.seq),
    seq,
    prev: bytes.subarray(at.prev, at.root),
    root: bytes.subarray(at.root, at.time),
    time,
    writer,
    operations: operations.map((_, index) => operationAt(bytes, at.operations + index * operationLength)),
    signature: bytes.subarray(end),
    bytes,
    hash: sha256(bytes),
  };
}

function operationAt(bytes: Buffer, start: number): Operation {
  return {
    op: bytes[start] as OperationCode,
    id: bytes.subarray(start + 1, start + 33),
    value: bytes.subarray(start + 33, start + operationLength),
  };
}

function writeOperation(bytes: Buffer, start: number, { op, id, value }: Operation): void {
  requireLength("id", id, 32);
  requireLength("value", value, 32);
  bytes[start] = op;
  bytes.set(id, start + 1);
  bytes.set(value, start + 33);
}
