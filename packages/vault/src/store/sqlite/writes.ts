import type { DatabaseSync } from "node:sqlite";
import { equalConstantTime, zero32 } from "@halfkey/crypto";
import { CallerError } from "@halfkey/model";
import type { AccountStates } from "../account-states.ts";
import type {
  Append,
  AppendResult,
  Enrolment,
  FragmentRow,
  NewCode,
  NewFragment,
  Push,
  PushResult,
  SealedRows,
  VaultWrites,
} from "../vault-store.ts";
import { JournalWrites } from "./journal-writes.ts";
import { bufferOf, numberOf } from "./rows.ts";

/** The writes of the store without the waiting: each runs whole within a transaction of the caller's. */
export type Writes = {
  [K in keyof VaultWrites]: (...args: Parameters<VaultWrites[K]>) => Awaited<ReturnType<VaultWrites[K]>>;
};

const dayMs = 86_400_000;

export class SqliteWrites implements Writes {
  readonly #sql: ReturnType<typeof statements>;
  readonly #journal: JournalWrites;

  constructor(database: DatabaseSync, states: AccountStates) {
    this.#sql = statements(database);
    this.#journal = new JournalWrites(database, states);
  }

  keepRootKeyCheck(sealed: Uint8Array): Buffer {
    this.#sql.keepMeta.run("root-key-check", sealed);
    return bufferOf(this.#sql.meta.get("root-key-check")?.value);
  }

  reseal({ check, fragments, instances }: SealedRows & { check: Uint8Array }): void {
    const sql = this.#sql;
    let changed = 0;
    for (const { account, epoch, sealed } of fragments)
      changed += Number(sql.resealFragment.run(sealed, account, epoch).changes);
    for (const { instance, sealedKey } of instances)
      changed += Number(sql.resealKey.run(sealedKey, instance).changes);
    const isWhole = changed === fragments.length + instances.length;
    if (!isWhole || changed !== numberOf(sql.countSealed.get()?.count))
      throw new CallerError("E_CONFLICT", "the vault's database has changed meanwhile: try again");
    sql.replaceMeta.run(check, "root-key-check");
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
    return this.#journal.append(append);
  }

  push(push: Push): PushResult {
    return this.#journal.push(push);
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
    replaceMeta: prepare("UPDATE meta SET value = ? WHERE name = ?"),
    resealFragment: prepare("UPDATE fragments SET sealed = ? WHERE account = ? AND epoch = ?"),
    resealKey: prepare("UPDATE instances SET sealed_key = ? WHERE instance = ?"),
    countSealed: prepare(
      "SELECT (SELECT count(*) FROM fragments) + (SELECT count(*) FROM instances) AS count",
    ),
    account: prepare("SELECT seq FROM accounts WHERE account = ?"),
    addAccount: prepare("INSERT INTO accounts (account, created, seq, hash) VALUES (?, ?, -1, ?)"),
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
    fragment: prepare("SELECT active, sealed FROM fragments WHERE account = ? AND epoch = ?"),
    highestEpoch: prepare("SELECT max(epoch) AS highest FROM fragments WHERE account = ? AND active = 1"),
    keepFragment: prepare(
      `INSERT INTO fragments (account, epoch, active, kcv, sealed) VALUES (?, ?, 0, ?, ?)
       ON CONFLICT DO NOTHING`,
    ),
  };
}
