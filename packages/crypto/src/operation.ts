import { copyBuffer, fromHex } from "./buffers.ts";
import { isZero, readU32, requireLength, writeU32 } from "./bytes.ts";
import { CryptoError } from "./errors.ts";
import { parseId } from "./identifiers.ts";

/** What a journal entry does. Odd codes put their value, even ones delete. */
export const operations = {
  putRecord: 1,
  deleteRecord: 2,
  admitWriter: 3,
  revokeWriter: 4,
  announceVaultEpoch: 5,
  retireVaultEpoch: 6,
} as const;

export type OperationCode = 1 | 2 | 3 | 4 | 5 | 6;

export interface Operation {
  op: OperationCode;
  /** 32 bytes. */
  id: Uint8Array;
  /** 32 bytes: hash of the sealed record, public key, or key check value; zero for what deletes. */
  value: Uint8Array;
}

export const operationsMax = 1024;

/** Ids of writers: 16 zero bytes before the instance's. */
export const writerPrefix = new Uint8Array(16);
/** Ids of vault epochs: 12 zero bytes, 1, 12 zero bytes, the epoch. */
export const epochPrefix = Uint8Array.from({ length: 28 }, (_, at) => (at === 15 ? 1 : 0));

/** @param instance 32 hex digits. @throws {CryptoError} `E_FORMAT` */
export function writerId(instance: string): Buffer {
  const id = Buffer.alloc(32);
  id.set(parseId(instance), writerPrefix.length);
  return id;
}

export function epochId(vaultEpoch: number): Buffer {
  const id = Buffer.alloc(32);
  id.set(epochPrefix);
  writeU32(id, epochPrefix.length, vaultEpoch);
  return id;
}

/** The value of an announcement. @param kcvHex 8 hex digits. @throws {CryptoError} `E_FORMAT` */
export function vaultEpochValue(kcvHex: string): Buffer {
  const value = Buffer.alloc(32);
  value.set(fromHex(kcvHex, 4));
  return value;
}

export function instanceOf(writerId: Uint8Array): string {
  return copyBuffer(writerId.subarray(16)).toString("hex");
}

export function epochOf(epochId: Uint8Array): number {
  return readU32(epochId, epochPrefix.length);
}

/** Ids that begin with 12 zero bytes are not records'. */
export function isRecordId(id: Uint8Array): boolean {
  return !isZero(id, 0, 12);
}

/** Number, order, and for each code the class of its id and the form of its value. @throws {CryptoError} `E_FORMAT` */
export function checkOperations(list: readonly Operation[]): void {
  if (list.length === 0 || list.length > operationsMax)
    throw new CryptoError("E_FORMAT", "an entry has 1 to 1,024 operations");
  let previous: Uint8Array | undefined;
  for (const operation of list) {
    checkOperation(operation);
    if (previous !== undefined && Buffer.compare(previous, operation.id) >= 0) {
      throw new CryptoError("E_FORMAT", "operations are not sorted by id, or one id stands twice");
    }
    previous = operation.id;
  }
}

function checkOperation({ op, id, value }: Operation): void {
  requireLength("id", id, 32);
  requireLength("value", value, 32);
  if (!Number.isInteger(op) || op < 1 || op > 6)
    throw new CryptoError("E_FORMAT", `operation ${op} is unknown`);
  const wanted = op <= 2 ? "record" : op <= 4 ? "writer" : "epoch";
  if (classOf(id) !== wanted)
    throw new CryptoError("E_FORMAT", `operation ${op} needs the id of a ${wanted}`);
  if (isZero(value) !== (op % 2 === 0))
    throw new CryptoError("E_FORMAT", `operation ${op} with a value that cannot be`);
  if (op === operations.announceVaultEpoch && !isZero(value, 4)) {
    throw new CryptoError("E_FORMAT", "a key check value has 4 bytes");
  }
}

function classOf(id: Uint8Array): "record" | "writer" | "epoch" | "reserved" {
  if (isRecordId(id)) return "record";
  const marker = readU32(id, 12);
  if (marker === 0 && !isZero(id, 16)) return "writer";
  if (marker === 1 && isZero(id, 16, 28) && epochOf(id) !== 0) return "epoch";
  return "reserved";
}
