import type { DatabaseSync } from "node:sqlite";
import { equalConstantTime, zero32 } from "@halfkey/crypto";
import { CallerError } from "@halfkey/model";
import { vaultLimits } from "@halfkey/wire";
import {
  type AppendChanges,
  type AppendFacts,
  checkAppend,
  type ParsedAppend,
  parseAppend,
} from "../append-rules.ts";
import type {
  Append,
  AppendResult,
  Enrolment,
  FragmentRow,
  NewCode,
  NewFragment,
  VaultWrites,
} from "../vault-store.ts";
import { bufferOf, numberOf } from "./rows.ts";

/** The writes of the store without the waiting: each runs whole within a transaction of the caller's. */
export type Writes = {
  [K in keyof VaultWrites]: (...args: Parameters<VaultWrites[K]>) => Awaited<ReturnType<VaultWrites[K]>>;
};

const dayMs = 86_400_000;

export class SqliteWrites implements Writes {
  readonly #sql: ReturnType<typeof statements>;

  constructor(database: DatabaseSync) {
    this.#sql = statements(database);
  }

  keepRootKeyCheck(sealed: Uint8Array): Buffer {
    this.#sql.keepMeta.run("root-key-check", sealed);
    return bufferOf(this.#sql.meta.get("root-key-check")?.value);
  }

  createCode({ hash, account, rekeys, expires }: NewCode): void {
    if (account !== null && this.#sql.account.get(account) === undefined) {
      throw new CallerError("E_NOT_FOUND", "there is no such account");
    }
    if (rekeys !== null) {
      const row = this.#sql.instance.get(rekeys);
      if (row === undefined || account === null || !equalConstantTime(bufferOf(row.account), account)) {
        throw new CallerError("E_NOT_FOUND", "there is no such instance in that account");
      }
    }
    // Kept for a day after they end, so that a late attempt hears the same as ever.
    this.#sql.purgeCodes.run(expires - dayMs);
    this.#sql.addCode.run(hash, account, rekeys, expires);
  }

  enrol(enrolment: Enrolment): { seq: number } {
    const { codeHash, account, instance, sealedKey, keyHash, now, repeatMs } = enrolment;
    const code = this.#sql.code.get(codeHash);
    if (code === undefined) throw refusedCode();
    if (code.redeemed !== null) {
      const isRepetition =
        now - numberOf(code.redeemed) < repeatMs &&
        equalConstantTime(bufferOf(code.redeemed_account), account) &&
        equalConstantTime(bufferOf(code.redeemed_instance), instance) &&
        equalConstantTime(bufferOf(code.redeemed_key_hash), keyHash);
      if (!isRepetition) throw refusedCode();
      return { seq: this.#seq(account) };
    }
    if (now >= numberOf(code.expires)) throw refusedCode();

    if (code.rekeys !== null) this.#rekey(bufferOf(code.rekeys), enrolment);
    else {
      this.#enterAccount(code.account, enrolment);
      if (this.#sql.instance.get(instance) !== undefined) {
        throw new CallerError("E_EXISTS", "this instance exists already: a code for re-keying it is needed");
      }
      this.#sql.addInstance.run(instance, account, sealedKey, now);
    }
    this.#sql.redeem.run(now, account, instance, keyHash, codeHash);
    return { seq: this.#seq(account) };
  }

  setRevoked(instance: Uint8Array, revoked: boolean): void {
    const { changes } = this.#sql.setRevoked.run(revoked ? 1 : 0, instance);
    if (changes === 0) throw new CallerError("E_NOT_FOUND", "there is no such instance");
  }

  keepFragment({ account, epoch, sealed, kcv }: NewFragment): FragmentRow | undefined {
    const highest = this.#sql.highestEpoch.get(account)?.highest;
    if (epoch === Number(highest ?? 0) + 1) this.#sql.keepFragment.run(account, epoch, kcv, sealed);
    const row = this.#sql.fragment.get(account, epoch);
    return row === undefined ? undefined : { epoch, active: row.active === 1, sealed: bufferOf(row.sealed) };
  }

  append(append: Append): AppendResult {
    const parsed = parseAppend(append);
    const { account } = append;
    const head = this.#sql.account.get(account);
    if (head === undefined) throw new CallerError("E_NOT_FOUND", "there is no such account");
    const seq = numberOf(head.seq);
    const changes = checkAppend(parsed, this.#facts(append, { seq, hash: bufferOf(head.hash) }));
    if (changes === undefined) {
      const from = Math.max(0, parsed.entry.seq - 1);
      const rows = this.#sql.entries.all(account, from, vaultLimits.journalPage);
      return { conflict: true, seq, entries: rows.map(({ bytes }) => bufferOf(bytes)) };
    }
    this.#write(parsed, changes);
    return { conflict: false, seq: parsed.entry.seq };
  }

  #rekey(named: Buffer, { account, instance, sealedKey }: Enrolment): void {
    const row = this.#sql.instance.get(named);
    const isNamed =
      row !== undefined &&
      equalConstantTime(named, instance) &&
      equalConstantTime(bufferOf(row.account), account);
    if (!isNamed) throw new CallerError("E_INPUT", "the code is for re-keying another instance");
    this.#sql.rekey.run(sealedKey, instance);
  }

  #enterAccount(bound: unknown, { account, now }: Enrolment): void {
    if (bound === null) {
      if (this.#sql.account.get(account) !== undefined) {
        throw new CallerError("E_EXISTS", "the code is for a new account, and this one exists already");
      }
      this.#sql.addAccount.run(account, now, zero32);
    } else if (!equalConstantTime(bufferOf(bound), account)) {
      throw new CallerError("E_INPUT", "the code is for another account");
    }
  }

  #facts({ account }: Append, head: AppendFacts["head"]): AppendFacts {
    const writers = this.#sql.writers.all(account);
    return {
      head,
      writers: new Map(
        writers.map((row) => [bufferOf(row.instance).toString("hex"), bufferOf(row.public_key)]),
      ),
      fragments: this.#sql.fragments.all(account).map((row) => ({
        epoch: numberOf(row.epoch),
        active: row.active === 1,
        kcv: bufferOf(row.kcv),
      })),
      hasRecord: (id) => this.#sql.hasRecord.get(account, id) !== undefined,
      ownerOf: (id) => {
        const row = this.#sql.ownerOf.get(account, id);
        return row === undefined ? undefined : bufferOf(row.owner);
      },
    };
  }

  #write({ append, entry, deleted }: ParsedAppend, changes: AppendChanges): void {
    const { account, records, blobs, own, drop } = append;
    const sql = this.#sql;
    sql.addEntry.run(account, entry.seq, append.entry);
    for (const { id, sealed } of records) sql.putRecord.run(account, id, sealed);
    for (const id of deleted) sql.deleteRecord.run(account, Buffer.from(id, "hex"));
    for (const { id, owner, bytes } of blobs) sql.addBlob.run(account, id, owner, bytes);
    for (const { id, owner } of own) sql.ownBlob.run(owner, account, id);
    for (const id of drop) sql.dropBlob.run(account, id);
    for (const { instance, publicKey } of changes.admit) sql.addWriter.run(account, instance, publicKey);
    for (const instance of changes.revoke) sql.removeWriter.run(account, instance);
    for (const epoch of changes.activate) sql.activate.run(account, epoch);
    for (const epoch of changes.retire) sql.destroyFragment.run(account, epoch);
    sql.moveHead.run(entry.seq, entry.hash, account);
  }

  #seq(account: Uint8Array): number {
    return numberOf(this.#sql.account.get(account)?.seq);
  }
}

/** The same whatever is wrong with it: a stranger who guesses learns nothing. */
function refusedCode(): CallerError {
  return new CallerError("E_TOKEN", "this enrolment code is unknown, used or expired");
}

function statements(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql);
  return {
    meta: prepare("SELECT value FROM meta WHERE name = ?"),
    keepMeta: prepare("INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING"),
    account: prepare("SELECT seq, hash FROM accounts WHERE account = ?"),
    addAccount: prepare("INSERT INTO accounts (account, created, seq, hash) VALUES (?, ?, -1, ?)"),
    moveHead: prepare("UPDATE accounts SET seq = ?, hash = ? WHERE account = ?"),
    instance: prepare("SELECT account FROM instances WHERE instance = ?"),
    addInstance: prepare(
      "INSERT INTO instances (instance, account, sealed_key, created) VALUES (?, ?, ?, ?)",
    ),
    rekey: prepare("UPDATE instances SET sealed_key = ?, revoked = 0 WHERE instance = ?"),
    setRevoked: prepare("UPDATE instances SET revoked = ? WHERE instance = ?"),
    code: prepare("SELECT * FROM enrolment_codes WHERE hash = ?"),
    addCode: prepare("INSERT INTO enrolment_codes (hash, account, rekeys, expires) VALUES (?, ?, ?, ?)"),
    purgeCodes: prepare("DELETE FROM enrolment_codes WHERE expires < ?"),
    redeem: prepare(
      `UPDATE enrolment_codes SET redeemed = ?, redeemed_account = ?, redeemed_instance = ?, redeemed_key_hash = ?
       WHERE hash = ?`,
    ),
    entries: prepare("SELECT bytes FROM entries WHERE account = ? AND seq >= ? ORDER BY seq LIMIT ?"),
    addEntry: prepare("INSERT INTO entries (account, seq, bytes) VALUES (?, ?, ?)"),
    hasRecord: prepare("SELECT 1 FROM records WHERE account = ? AND id = ?"),
    putRecord: prepare(
      `INSERT INTO records (account, id, sealed) VALUES (?, ?, ?)
       ON CONFLICT (account, id) DO UPDATE SET sealed = excluded.sealed`,
    ),
    deleteRecord: prepare("DELETE FROM records WHERE account = ? AND id = ?"),
    ownerOf: prepare("SELECT owner FROM blobs WHERE account = ? AND id = ?"),
    addBlob: prepare("INSERT INTO blobs (account, id, owner, bytes) VALUES (?, ?, ?, ?)"),
    ownBlob: prepare("UPDATE blobs SET owner = ? WHERE account = ? AND id = ?"),
    dropBlob: prepare("DELETE FROM blobs WHERE account = ? AND id = ?"),
    writers: prepare("SELECT instance, public_key FROM writers WHERE account = ?"),
    addWriter: prepare("INSERT INTO writers (account, instance, public_key) VALUES (?, ?, ?)"),
    removeWriter: prepare("DELETE FROM writers WHERE account = ? AND instance = ?"),
    fragments: prepare("SELECT epoch, active, kcv FROM fragments WHERE account = ? ORDER BY epoch"),
    fragment: prepare("SELECT active, sealed FROM fragments WHERE account = ? AND epoch = ?"),
    highestEpoch: prepare("SELECT max(epoch) AS highest FROM fragments WHERE account = ? AND active = 1"),
    keepFragment: prepare(
      `INSERT INTO fragments (account, epoch, active, kcv, sealed) VALUES (?, ?, 0, ?, ?)
       ON CONFLICT DO NOTHING`,
    ),
    activate: prepare("UPDATE fragments SET active = 1 WHERE account = ? AND epoch = ?"),
    destroyFragment: prepare("DELETE FROM fragments WHERE account = ? AND epoch = ?"),
  };
}
