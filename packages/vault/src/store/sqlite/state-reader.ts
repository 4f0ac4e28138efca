import type { DatabaseSync } from "node:sqlite";
import {
  decodeEntry,
  epochId,
  equalConstantTime,
  toHex,
  vaultEpochValue,
  writerId,
  zero32,
} from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import { StateTrie } from "../state-trie.ts";
import { bufferOf, numberOf } from "./rows.ts";

const rowBytes = 64;

/** Makes an account's state from its tables. */
export class StateReader {
  readonly #sql: ReturnType<typeof statements>;

  constructor(database: DatabaseSync) {
    this.#sql = statements(database);
  }

  /**
   * Half a second for 100,000 records.
   *
   * @param seq the head's.
   * @throws {OperatorError} E_VAULT where the tables are not those of the head.
   */
  read(account: Uint8Array, seq: number): StateTrie {
    const state = StateTrie.from(this.#rows(account));
    const head = this.#sql.entry.get(account, seq);
    const root = head === undefined ? zero32 : decodeEntry(bufferOf(head.bytes)).root;
    if (equalConstantTime(state.root, root)) return state;
    throw new OperatorError(
      "E_VAULT",
      "an account's records, writers and fragments are not those of its journal: restore the vault's database",
    );
  }

  /** Id and value of all, ascending: the ids of writers come before those of epochs, and both before records'. */
  #rows(account: Uint8Array): Uint8Array {
    const sql = this.#sql;
    const reserved = [
      ...sql.writers
        .all(account)
        .map((row) => [writerId(toHex(bufferOf(row.instance))), bufferOf(row.public_key)]),
      ...sql.epochs
        .all(account)
        .map((row) => [epochId(numberOf(row.epoch)), vaultEpochValue(toHex(bufferOf(row.kcv)))]),
    ].flat();
    const records = numberOf(sql.count.get(account)?.count);
    const rows = new Uint8Array(reserved.length * (rowBytes / 2) + records * rowBytes);
    let at = 0;
    const add = (bytes: Uint8Array) => {
      rows.set(bytes, at);
      at += bytes.length;
    };
    reserved.forEach(add);
    for (const { id, hash } of sql.records.iterate(account)) {
      add(bufferOf(id));
      add(bufferOf(hash));
    }
    return rows;
  }
}

function statements(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql);
  return {
    entry: prepare("SELECT bytes FROM entries WHERE account = ? AND seq = ?"),
    writers: prepare("SELECT instance, public_key FROM writers WHERE account = ? ORDER BY instance"),
    epochs: prepare("SELECT epoch, kcv FROM fragments WHERE account = ? AND active = 1 ORDER BY epoch"),
    count: prepare("SELECT count(*) AS count FROM records WHERE account = ?"),
    records: prepare("SELECT id, hash FROM records WHERE account = ? ORDER BY id"),
  };
}
