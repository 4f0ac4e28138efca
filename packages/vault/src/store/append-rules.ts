import { equalConstantTime, type JournalEntry, operations, sha256, toHex, zero32 } from "@halfkey/crypto";
import { CallerError } from "@halfkey/model";
import { checkEntry, continues, type EntryChanges, type EntryFacts, parseEntry } from "./entry-rules.ts";
import { checkBlob, checkSealedRecord, namedOnce } from "./stored-bytes-rules.ts";
import type { Append } from "./vault-store.ts";

/** An append that has passed every rule that needs no database. */
export interface ParsedAppend {
  append: Append;
  entry: JournalEntry;
  /** Record ids of operations 1 and 2, hex. */
  put: Set<string>;
  deleted: Set<string>;
}

/** What the rules have to know of an account's present state. */
export interface AppendFacts extends EntryFacts {
  /** The owner of a blob, {@link nobody} if a push took it away; asked for every blob that the append names. */
  ownerOf(blob: Uint8Array): Uint8Array | undefined;
}

/** Owns the blobs whose record an entry deleted that came by a push: no record's id begins with 12 zero bytes. */
export const nobody = zero32;

/** The rules that need no database. @throws {CallerError} */
export function parseAppend(append: Append): ParsedAppend {
  const entry = parseEntry(append.entry, append.account);
  if (entry.writer !== toHex(append.instance)) {
    throw new CallerError("E_WRITER", "the entry's writer is not the instance that sent it");
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
 * The rules that depend on the account's state, to be asked within the transaction that then writes. The state root
 * is not among them.
 *
 * @returns undefined when the entry does not continue the head.
 * @throws {CallerError}
 */
export function checkAppend(parsed: ParsedAppend, facts: AppendFacts): EntryChanges | undefined {
  const { append, entry } = parsed;
  if (!continues(entry, facts.head)) return undefined;
  const changes = checkEntry(entry, facts);
  checkOwnership(parsed, facts);
  for (const { id } of append.blobs) {
    if (facts.ownerOf(id) !== undefined) throw new CallerError("E_BLOB", "a blob id is not new");
  }
  return changes;
}

function checkRecords(append: Append, hashes: Map<string, Uint8Array>): void {
  const notExactlyOne = () =>
    new CallerError("E_STATE", "there must be exactly one record for each operation 1");
  if (append.records.length !== hashes.size) throw notExactlyOne();
  for (const { id, sealed } of append.records) {
    const hash = hashes.get(toHex(id));
    // Taken out, so that a second record of this id finds none.
    hashes.delete(toHex(id));
    if (hash === undefined) throw notExactlyOne();
    checkSealedRecord(sealed);
    if (!equalConstantTime(sha256(sealed), hash))
      throw new CallerError("E_STATE", "a record does not have the hash in its operation");
  }
}

function checkBlobs({ blobs, own, drop }: Append, put: Set<string>): void {
  const once = namedOnce();
  for (const { id, owner, bytes } of blobs) {
    once(id);
    if (!put.has(toHex(owner)))
      throw new CallerError("E_BLOB", "a blob's owner is not among the records put here");
    checkBlob(bytes);
  }
  for (const { id, owner } of own) {
    once(id);
    if (!put.has(toHex(owner)))
      throw new CallerError("E_BLOB", "a blob's new owner is not among the records put here");
  }
  for (const id of drop) once(id);
}

function checkOwnership({ append, put, deleted }: ParsedAppend, facts: AppendFacts): void {
  for (const id of [...append.own.map((one) => one.id), ...append.drop]) {
    const owner = facts.ownerOf(id);
    // A blob lost with an older state of this vault: were its name refused, its item could never be moved or
    // deleted again.
    if (owner === undefined || equalConstantTime(owner, nobody)) continue;
    if (!put.has(toHex(owner)) && !deleted.has(toHex(owner))) {
      throw new CallerError(
        "E_BLOB",
        "a blob is handed over or dropped whose owner is neither put nor deleted here",
      );
    }
  }
}
