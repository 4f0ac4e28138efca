import { copyBuffer } from "./buffers.ts";
import { equalBytes, isZero, readU32, readU64, requireLength, writeU32, writeU64, zero32 } from "./bytes.ts";
import { CryptoError } from "./errors.ts";
import { IdMap } from "./id-map.ts";
import type { JournalEntry } from "./journal-entry.ts";
import type { IdRow, LiveRow, Rows } from "./journal-rows.ts";
import { JournalState } from "./journal-state.ts";
import { isRecordId } from "./operation.ts";
import { equalConstantTime, mac } from "./primitives.ts";

const format = 1;
const at = { account: 1, seq: 17, hash: 25, count: 57, rows: 61 } as const;
const rowLength = 80;
const macLength = 32;
/** `before` where there was no operation before: 2^64 - 1. */
const none = Buffer.alloc(8, 0xff);

/**
 * Everything a gateway needs to go on from a head without the entries before it: each live id, and each deleted
 * record id with the seq of its deletion.
 *
 * @throws {RangeError} before entry 0.
 */
export function encodeCheckpoint(stateKey: Uint8Array, state: JournalState): Buffer {
  requireLength("state key", stateKey, 32);
  const rows = [...state.rows()];
  const end = at.rows + rows.length * rowLength;
  const bytes = Buffer.allocUnsafeSlow(end + macLength);
  bytes[0] = format;
  bytes.set(state.account, at.account);
  writeU64(bytes, at.seq, state.seq);
  bytes.set(state.hash, at.hash);
  writeU32(bytes, at.count, rows.length);
  rows.forEach(([id, { value, seq, before }], index) => {
    const start = at.rows + index * rowLength;
    bytes.set(id, start);
    bytes.set(value ?? zero32, start + 32);
    writeU64(bytes, start + 64, seq);
    if (before === -1) bytes.set(none, start + 72);
    else writeU64(bytes, start + 72, before);
  });
  bytes.set(mac(stateKey, bytes.subarray(0, end)), end);
  return bytes;
}

/**
 * The state that a checkpoint stands for. Its rows must give the root of `headEntry`, whose hash it names.
 *
 * @throws {CryptoError} `E_CHECK` (MAC), `E_FORMAT`, `E_STATE` (another head entry, root or genesis).
 */
export function decodeCheckpoint(
  stateKey: Uint8Array,
  input: Uint8Array,
  headEntry: JournalEntry,
  genesis: Uint8Array,
): JournalState {
  requireLength("state key", stateKey, 32);
  requireLength("genesis", genesis, 32);
  // One copy that the rows are views of: a hundred thousand small buffers would cost ten times as much.
  const bytes = copyBuffer(input);
  const end = Math.max(bytes.length - macLength, 0);
  if (!equalConstantTime(bytes.subarray(end), mac(stateKey, bytes.subarray(0, end)))) {
    throw new CryptoError("E_CHECK", "the checkpoint is damaged or not this account's");
  }
  if (end < at.rows || bytes[0] !== format)
    throw new CryptoError("E_FORMAT", "a checkpoint of an unknown format");
  const count = readU32(bytes, at.count);
  if (end !== at.rows + count * rowLength)
    throw new CryptoError("E_FORMAT", "a checkpoint of another length");

  const account = bytes.subarray(at.account, at.seq);
  const seq = readU64(bytes, at.seq);
  const hash = bytes.subarray(at.hash, at.count);
  if (seq !== headEntry.seq || !equalBytes(hash, headEntry.hash) || !equalBytes(account, headEntry.account)) {
    throw new CryptoError("E_STATE", "the checkpoint belongs to another head entry");
  }
  if (seq === 0 && !equalBytes(hash, genesis))
    throw new CryptoError("E_STATE", "the checkpoint has another genesis");
  const rows = decodeRows(bytes.subarray(at.rows, end), seq);
  const state = new JournalState({ ...rows, account, genesis: copyBuffer(genesis), seq, hash });
  if (!equalBytes(state.trie.root, headEntry.root))
    throw new CryptoError("E_STATE", "the checkpoint has another root");
  return state;
}

function decodeRows(bytes: Buffer, headSeq: number): Rows {
  const live: [Uint8Array, LiveRow][] = [];
  const deleted: [Uint8Array, IdRow][] = [];
  let previous: Uint8Array | undefined;
  for (let start = 0; start < bytes.length; start += rowLength) {
    const id = bytes.subarray(start, start + 32);
    const value = bytes.subarray(start + 32, start + 64);
    const seq = readU64(bytes, start + 64);
    const before = equalBytes(bytes.subarray(start + 72, start + 80), none) ? -1 : readU64(bytes, start + 72);
    const isSorted = previous === undefined || Buffer.compare(previous, id) < 0;
    if (!isSorted || seq > headSeq || before >= seq)
      throw new CryptoError("E_FORMAT", "a checkpoint row that cannot be");
    if (!isZero(value)) live.push([id, { value, seq, before }]);
    else if (isRecordId(id)) deleted.push([id, { value: null, seq, before }]);
    else throw new CryptoError("E_FORMAT", "only records leave a row behind");
    previous = id;
  }
  return { live: IdMap.from(live), deleted: IdMap.from(deleted) };
}
