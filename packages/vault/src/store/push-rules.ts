import { equalConstantTime, type JournalEntry, sha256, toHex } from "@halfkey/crypto";
import { CallerError } from "@halfkey/model";
import { parseEntry } from "./entry-rules.ts";
import { checkBlob, checkSealedRecord, namedOnce } from "./stored-bytes-rules.ts";
import type { Push } from "./vault-store.ts";

/** A push that has passed every rule that needs no database. */
export interface ParsedPush {
  push: Push;
  /** Each follows the one before. */
  entries: JournalEntry[];
  records: PushedRecord[];
}

export interface PushedRecord {
  id: Uint8Array;
  hash: Uint8Array;
  sealed: Uint8Array;
}

/** @throws {CallerError} */
export function parsePush(push: Push): ParsedPush {
  const entries = push.entries.map((bytes) => parseEntry(bytes, push.account));
  for (const [at, entry] of entries.entries()) {
    const before = entries[at - 1];
    if (before === undefined) continue;
    if (entry.seq !== before.seq + 1 || !equalConstantTime(entry.prev, before.hash))
      throw new CallerError("E_FORMAT", "the entries of a push do not follow one another");
  }
  const records = push.records.map(({ id, sealed }) => {
    checkSealedRecord(sealed);
    return { id, sealed, hash: sha256(sealed) };
  });
  const once = namedOnce();
  for (const { id, bytes } of push.blobs) {
    once(id);
    checkBlob(bytes);
  }
  return { push, entries, records };
}

/** @param live Whether a record has this id after the entries. @throws {CallerError} E_BLOB */
export function checkOwners({ push }: ParsedPush, live: (id: Uint8Array) => boolean): void {
  const known = new Map<string, boolean>();
  for (const { owner } of push.blobs) {
    const name = toHex(owner);
    const isLive = known.get(name) ?? live(owner);
    known.set(name, isLive);
    if (!isLive) throw new CallerError("E_BLOB", "a blob's owner is no record");
  }
}
