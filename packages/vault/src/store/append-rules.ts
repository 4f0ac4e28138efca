import {
  decodeEntry,
  equalConstantTime,
  type JournalEntry,
  type Operation,
  operations,
  sha256,
  toHex,
  verifyEntrySignature,
} from "@halfkey/crypto";
import { CallerError, type ErrorCode } from "@halfkey/model";
import type { Append } from "./vault-store.ts";

/** An append that has passed every rule that needs no database. */
export interface ParsedAppend {
  append: Append;
  entry: JournalEntry;
  /** Record ids of operations 1 and 2, hex. */
  put: Set<string>;
  deleted: Set<string>;
}

/** What the rules have to know of an account's present state. All ids in hex. */
export interface AppendFacts {
  head: { seq: number; hash: Uint8Array };
  /** Instance to public key. */
  writers: Map<string, Uint8Array>;
  fragments: { epoch: number; active: boolean; kcv: Uint8Array }[];
  /** Whether a live record has this id; asked for operations 2 only. */
  hasRecord(id: Uint8Array): boolean;
  /** The owner of a blob; asked for every blob that the append names. */
  ownerOf(blob: Uint8Array): Uint8Array | undefined;
}

/** What an accepted append changes besides entry, records and blobs. */
export interface AppendChanges {
  admit: { instance: Uint8Array; publicKey: Uint8Array }[];
  revoke: Uint8Array[];
  activate: number[];
  retire: number[];
}

/** Format byte, purpose, epochs, salt, commitment, nonce and tag around at least one byte. */
const sealedBytesMin = 102;
const recordBytesMax = 262_144 + sealedBytesMin;
const blobBytesMin = 256;
/** The padded size of the largest value: 1,048,576 + 28 bytes, rounded up to 65,536. */
const blobBytesMax = 1_114_112;
const recordPurpose = 2;

/** The rules that need no database. @throws {CallerError} */
export function parseAppend(append: Append): ParsedAppend {
  const entry = decode(append.entry);
  if (!equal(entry.account, append.account)) throw refusal("E_FORMAT", "the entry is of another account");
  if (entry.writer !== toHex(append.instance)) {
    throw refusal("E_WRITER", "the entry's writer is not the instance that sent it");
  }
  const put = new Set<string>();
  const deleted = new Set<string>();
  const hashes = new Map<string, Uint8Array>();
  for (const { op, id, value } of entry.operations) {
    if (op === operations.putRecord) {
      put.add(toHex(id));
      hashes.set(toHex(id), value);
    } else if (op === operations.deleteRecord) deleted.add(toHex(id));
  }
  checkRecords(append, hashes);
  checkBlobs(append, put);
  return { append, entry, put, deleted };
}

/**
 * The rules that depend on the account's state, to be asked within the transaction that then writes.
 *
 * @returns undefined when the entry does not continue the head.
 * @throws {CallerError}
 */
export function checkAppend(parsed: ParsedAppend, facts: AppendFacts): AppendChanges | undefined {
  const { append, entry } = parsed;
  if (entry.seq !== facts.head.seq + 1 || !equal(entry.prev, facts.head.hash)) return undefined;
  checkWriter(entry, facts);
  checkOwnership(parsed, facts);
  for (const { op, id } of entry.operations) {
    if (op === operations.deleteRecord && !facts.hasRecord(id)) {
      throw refusal("E_STATE", "operation 2 deletes a record that does not exist");
    }
  }
  for (const { id } of append.blobs) {
    if (facts.ownerOf(id) !== undefined) throw refusal("E_BLOB", "a blob id is not new");
  }
  return changesOf(entry.operations, facts);
}

function decode(bytes: Uint8Array): JournalEntry {
  try {
    return decodeEntry(bytes);
  } catch (cause) {
    throw new CallerError("E_FORMAT", "the entry does not have the layout of a journal entry", { cause });
  }
}

function checkRecords(append: Append, hashes: Map<string, Uint8Array>): void {
  if (append.records.length !== hashes.size) {
    throw refusal("E_STATE", "there must be exactly one record for each operation 1");
  }
  for (const { id, sealed } of append.records) {
    const hash = hashes.get(toHex(id));
    // Taken out, so that a second record of this id finds none.
    hashes.delete(toHex(id));
    if (hash === undefined) throw refusal("E_STATE", "there must be exactly one record for each operation 1");
    if (sealed.length < sealedBytesMin) throw refusal("E_FORMAT", "a record is too short to be sealed");
    if (sealed.length > recordBytesMax) throw refusal("E_TOO_LARGE", "a record is too large");
    if (sealed[0] !== 1 || sealed[1] !== recordPurpose) {
      throw refusal("E_FORMAT", "a record does not have the layout of a sealed record");
    }
    if (!equal(sha256(sealed), hash))
      throw refusal("E_STATE", "a record does not have the hash in its operation");
  }
}

function checkBlobs({ blobs, own, drop }: Append, put: Set<string>): void {
  const named = new Set<string>();
  const once = (id: Uint8Array) => {
    const hex = toHex(id);
    if (named.has(hex)) throw refusal("E_BLOB", "a blob id is named twice");
    named.add(hex);
  };
  for (const { id, owner, bytes } of blobs) {
    once(id);
    if (!put.has(toHex(owner))) throw refusal("E_BLOB", "a blob's owner is not among the records put here");
    if (bytes.length < blobBytesMin) throw refusal("E_FORMAT", "a blob is too short");
    if (bytes.length > blobBytesMax) throw refusal("E_TOO_LARGE", "a blob is too large");
  }
  for (const { id, owner } of own) {
    once(id);
    if (!put.has(toHex(owner)))
      throw refusal("E_BLOB", "a blob's new owner is not among the records put here");
  }
  for (const id of drop) once(id);
}

function checkWriter(entry: JournalEntry, facts: AppendFacts): void {
  let publicKey = facts.writers.get(entry.writer);
  if (entry.seq === 0) {
    const admitted = entry.operations.filter(({ op }) => op === operations.admitWriter);
    const [own] = admitted;
    if (own === undefined || admitted.length !== 1 || toHex(own.id.subarray(16)) !== entry.writer) {
      throw refusal("E_WRITER", "entry 0 must admit its own writer and no other");
    }
    publicKey = own.value;
  }
  if (publicKey === undefined) throw refusal("E_WRITER", "the writer is not admitted by the journal");
  if (!verifyEntrySignature(entry, publicKey))
    throw refusal("E_WRITER", "the entry's signature is not valid");
}

function checkOwnership({ append, put, deleted }: ParsedAppend, facts: AppendFacts): void {
  const mayLose = (id: Uint8Array) => {
    const owner = facts.ownerOf(id);
    const hex = owner === undefined ? "" : toHex(owner);
    if (!put.has(hex) && !deleted.has(hex)) {
      throw refusal("E_BLOB", "a blob is handed over or dropped whose owner is neither put nor deleted here");
    }
  };
  for (const { id } of append.own) mayLose(id);
  for (const id of append.drop) mayLose(id);
}

/** Writers and vault epochs, in the entry's order, as `apply` does at the gateway. */
function changesOf(list: Operation[], facts: AppendFacts): AppendChanges {
  const changes: AppendChanges = { admit: [], revoke: [], activate: [], retire: [] };
  const writers = new Set(facts.writers.keys());
  const active = new Set(facts.fragments.filter((one) => one.active).map(({ epoch }) => epoch));
  for (const { op, id, value } of list) {
    const instance = id.subarray(16);
    const epoch = new DataView(id.buffer, id.byteOffset).getUint32(28);
    const highest = Math.max(0, ...active);
    if (op === operations.admitWriter) {
      if (writers.has(toHex(instance))) throw refusal("E_WRITER", "operation 3 admits a writer twice");
      writers.add(toHex(instance));
      changes.admit.push({ instance, publicKey: value });
    } else if (op === operations.revokeWriter) {
      if (!writers.delete(toHex(instance)))
        throw refusal("E_WRITER", "operation 4 revokes a writer that is none");
      changes.revoke.push(instance);
    } else if (op === operations.announceVaultEpoch) {
      if (epoch !== highest + 1)
        throw refusal("E_STATE", "operation 5 must announce the highest vault epoch + 1");
      const pending = facts.fragments.find((one) => one.epoch === epoch && !one.active);
      if (pending === undefined || !equal(pending.kcv, value.subarray(0, 4))) {
        throw refusal("E_STATE", "operation 5 does not name the key check value of this vault's fragment");
      }
      active.add(epoch);
      changes.activate.push(epoch);
    } else if (op === operations.retireVaultEpoch) {
      if (!active.has(epoch))
        throw refusal("E_STATE", "operation 6 retires a vault epoch that is not active");
      if (epoch === highest) throw refusal("E_STATE", "operation 6 must not retire the highest vault epoch");
      active.delete(epoch);
      changes.retire.push(epoch);
    }
  }
  if (writers.size === 0) throw refusal("E_WRITER", "at least one writer must be left");
  if (active.size === 0) throw refusal("E_STATE", "at least one vault epoch must be left");
  return changes;
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return equalConstantTime(one, other);
}

function refusal(code: ErrorCode, message: string): CallerError {
  return new CallerError(code, message);
}
