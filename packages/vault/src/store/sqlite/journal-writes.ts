import type { DatabaseSync } from "node:sqlite";
import { type JournalEntry, operations, toHex } from "@halfkey/crypto";
import { CallerError } from "@halfkey/model";
import { vaultLimits } from "@halfkey/wire";
import type { AccountStates } from "../account-states.ts";
import { checkAppend, nobody, parseAppend } from "../append-rules.ts";
import { checkEntry, checkRoot, continues, type EntryChanges, type EntryFacts } from "../entry-rules.ts";
import { checkOwners, parsePush } from "../push-rules.ts";
import type { StateTrie } from "../state-trie.ts";
import type { Append, AppendResult, Conflict, Push, PushResult } from "../vault-store.ts";
import { journalPageBytes, withinLimits } from "../within-limits.ts";
import { bufferOf, numberOf } from "./rows.ts";
import { StateReader } from "./state-reader.ts";

type Head = EntryFacts["head"];

/** Appends and pushes: everything that moves an account's head. Each runs within a transaction of the caller's. */
export class JournalWrites {
  readonly #sql: ReturnType<typeof statements>;
  readonly #states: AccountStates;
  readonly #reader: StateReader;

  constructor(database: DatabaseSync, states: AccountStates) {
    this.#sql = statements(database);
    this.#states = states;
    this.#reader = new StateReader(database);
  }

  append(append: Append): AppendResult {
    const parsed = parseAppend(append);
    const { entry } = parsed;
    const { account, records, blobs, own, drop } = append;
    const head = this.#head(account);
    const changes = checkAppend(parsed, {
      ...this.#facts(account, head),
      ownerOf: (id) => this.#ownerOf(account, id),
    });
    if (changes === undefined) return this.#conflict(account, entry, head);
    const after = checkRoot(entry, this.#stateAt(account, head));

    this.#write(account, entry, changes, new Map(records.map(({ id, sealed }) => [toHex(id), sealed])));
    const sql = this.#sql;
    for (const { id, owner, bytes } of blobs) sql.addBlob.run(account, id, owner, bytes);
    for (const { id, owner } of own) sql.ownBlob.run(owner, account, id);
    for (const id of drop) sql.dropBlob.run(account, id);
    this.#states.keep(account, entry.hash, after);
    return { conflict: false, seq: entry.seq };
  }

  push(push: Push): PushResult {
    const parsed = parsePush(push);
    const { account, blobs, expect } = push;
    const [first] = parsed.entries;
    let head = this.#head(account);
    if (first !== undefined && !continues(first, head)) return this.#conflict(account, first, head);
    const deleted: string[] = [];
    for (const entry of parsed.entries) {
      const changes = checkEntry(entry, this.#facts(account, head));
      const after = checkRoot(entry, this.#stateAt(account, head));
      this.#write(account, entry, changes, new Map());
      this.#states.keep(account, entry.hash, after);
      for (const { op, id } of entry.operations) if (op === operations.deleteRecord) deleted.push(toHex(id));
      head = entry;
    }
    const sql = this.#sql;
    // Whose a blob became when its record was deleted, only the append had said.
    if (deleted.length > 0) sql.disownBlobs.run(nobody, account, JSON.stringify(deleted));
    for (const { id, hash, sealed } of parsed.records) sql.fillRecord.run(sealed, account, id, hash);
    checkOwners(parsed, (id) => sql.hasRecord.get(account, id) !== undefined);
    for (const { id, owner, bytes } of blobs) sql.addAbsentBlob.run(account, id, owner, bytes);
    const missing = expect.filter((id) => this.#ownerOf(account, id) === undefined);
    return { conflict: false, seq: head.seq, missing: missing.map((id) => bufferOf(id)) };
  }

  #head(account: Uint8Array): Head {
    const row = this.#sql.account.get(account);
    if (row === undefined) throw new CallerError("E_NOT_FOUND", "there is no such account");
    return { seq: numberOf(row.seq), hash: bufferOf(row.hash) };
  }

  #facts(account: Uint8Array, head: Head): EntryFacts {
    return {
      head,
      writers: new Map(
        this.#sql.writers
          .all(account)
          .map((row) => [toHex(bufferOf(row.instance)), bufferOf(row.public_key)]),
      ),
      fragments: this.#sql.fragments.all(account).map((row) => ({
        epoch: numberOf(row.epoch),
        active: row.active === 1,
        kcv: bufferOf(row.kcv),
      })),
      hasRecord: (id) => this.#sql.hasRecord.get(account, id) !== undefined,
    };
  }

  #ownerOf(account: Uint8Array, blob: Uint8Array): Buffer | undefined {
    const row = this.#sql.ownerOf.get(account, blob);
    return row === undefined ? undefined : bufferOf(row.owner);
  }

  #stateAt(account: Uint8Array, head: Head): StateTrie {
    const known = this.#states.find(account, head.hash);
    if (known !== undefined) return known;
    const state = this.#reader.read(account, head.seq);
    this.#states.keep(account, head.hash, state);
    return state;
  }

  #conflict(account: Uint8Array, { seq }: JournalEntry, head: Head): Conflict {
    const limits = { count: vaultLimits.journalPage, bytes: journalPageBytes };
    const all = this.#sql.entries.iterate(account, Math.max(0, seq - 1), limits.count);
    const { rows } = withinLimits(all, ({ bytes }) => bufferOf(bytes).length, limits);
    return { conflict: true, seq: head.seq, entries: rows.map(({ bytes }) => bufferOf(bytes)) };
  }

  /** @param sealed Records by id in hex; one that is not among them becomes absent. */
  #write(
    account: Uint8Array,
    entry: JournalEntry,
    changes: EntryChanges,
    sealed: Map<string, Uint8Array>,
  ): void {
    const sql = this.#sql;
    sql.addEntry.run(account, entry.seq, entry.bytes);
    for (const { op, id, value } of entry.operations) {
      if (op === operations.putRecord) sql.putRecord.run(account, id, value, sealed.get(toHex(id)) ?? null);
      else if (op === operations.deleteRecord) sql.deleteRecord.run(account, id);
    }
    for (const { instance, publicKey } of changes.admit) sql.addWriter.run(account, instance, publicKey);
    for (const instance of changes.revoke) sql.removeWriter.run(account, instance);
    for (const epoch of changes.activate) sql.activate.run(account, epoch);
    for (const epoch of changes.retire) sql.destroyFragment.run(account, epoch);
    sql.moveHead.run(entry.seq, entry.hash, account);
  }
}

function statements(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql);
  return {
    account: prepare("SELECT seq, hash FROM accounts WHERE account = ?"),
    moveHead: prepare("UPDATE accounts SET seq = ?, hash = ? WHERE account = ?"),
    entries: prepare("SELECT bytes FROM entries WHERE account = ? AND seq >= ? ORDER BY seq LIMIT ?"),
    addEntry: prepare("INSERT INTO entries (account, seq, bytes) VALUES (?, ?, ?)"),
    hasRecord: prepare("SELECT 1 FROM records WHERE account = ? AND id = ?"),
    putRecord: prepare(
      `INSERT INTO records (account, id, hash, sealed) VALUES (?, ?, ?, ?)
       ON CONFLICT (account, id) DO UPDATE SET hash = excluded.hash, sealed = excluded.sealed`,
    ),
    fillRecord: prepare("UPDATE records SET sealed = ? WHERE account = ? AND id = ? AND hash = ?"),
    deleteRecord: prepare("DELETE FROM records WHERE account = ? AND id = ?"),
    ownerOf: prepare("SELECT owner FROM blobs WHERE account = ? AND id = ?"),
    addBlob: prepare("INSERT INTO blobs (account, id, owner, bytes) VALUES (?, ?, ?, ?)"),
    addAbsentBlob: prepare(
      "INSERT INTO blobs (account, id, owner, bytes) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    ),
    ownBlob: prepare("UPDATE blobs SET owner = ? WHERE account = ? AND id = ?"),
    // One pass over the account's blobs, as nothing else asks for them by owner.
    disownBlobs: prepare(
      `UPDATE blobs SET owner = ? WHERE account = ?
       AND lower(hex(owner)) IN (SELECT value FROM json_each(?))`,
    ),
    dropBlob: prepare("DELETE FROM blobs WHERE account = ? AND id = ?"),
    writers: prepare("SELECT instance, public_key FROM writers WHERE account = ?"),
    addWriter: prepare("INSERT INTO writers (account, instance, public_key) VALUES (?, ?, ?)"),
    removeWriter: prepare("DELETE FROM writers WHERE account = ? AND instance = ?"),
    fragments: prepare("SELECT epoch, active, kcv FROM fragments WHERE account = ? ORDER BY epoch"),
    activate: prepare("UPDATE fragments SET active = 1 WHERE account = ? AND epoch = ?"),
    destroyFragment: prepare("DELETE FROM fragments WHERE account = ? AND epoch = ?"),
  };
}
