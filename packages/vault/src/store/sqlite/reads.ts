import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { CallerError, OperatorError } from "@halfkey/model";
import type {
  AccountRow,
  FragmentRow,
  Head,
  InstanceRow,
  Opened,
  Page,
  SealedRows,
  VaultReads,
} from "../vault-store.ts";
import { type PageLimits, withinLimits } from "../within-limits.ts";
import { databaseError } from "./database-error.ts";
import { bufferOf, numberOf } from "./rows.ts";

type Row = Record<string, unknown>;

/**
 * Reads on a connection of their own, at once and on the calling thread: a point read takes microseconds, less
 * than a message to another thread would.
 */
export class SqliteReads implements VaultReads {
  readonly #database: DatabaseSync;
  readonly #sql: ReturnType<typeof statements>;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#sql = statements(database);
  }

  instance(instance: Uint8Array): Promise<InstanceRow | undefined> {
    return this.#read(() => {
      const row = this.#sql.instance.get(instance);
      return row === undefined ? undefined : instanceOf(row);
    });
  }

  instances(account?: Uint8Array): Promise<InstanceRow[]> {
    return this.#read(() => {
      const { allInstances, instancesOf } = this.#sql;
      return (account === undefined ? allInstances.all() : instancesOf.all(account)).map(instanceOf);
    });
  }

  sealedRows(): Promise<SealedRows> {
    return this.#snapshot(() => ({
      fragments: this.#sql.allFragments.all().map((row) => ({
        account: bufferOf(row.account),
        epoch: numberOf(row.epoch),
        sealed: bufferOf(row.sealed),
      })),
      instances: this.#sql.allInstances.all().map(instanceOf),
    }));
  }

  accounts(): Promise<AccountRow[]> {
    return this.#read(() =>
      this.#sql.accounts.all().map((row) => ({
        account: bufferOf(row.account),
        created: numberOf(row.created),
        seq: numberOf(row.seq),
        instances: numberOf(row.instances),
      })),
    );
  }

  head(account: Uint8Array): Promise<Head> {
    return this.#snapshot(() => {
      const row = this.#account(account);
      const seq = numberOf(row.seq);
      const entry = this.#sql.entry.get(account, seq);
      return {
        seq,
        entry: entry === undefined ? null : bufferOf(entry.bytes),
        epochs: this.#fragments(account)
          .filter(({ active }) => active)
          .map(({ epoch }) => epoch),
        backup:
          row.backup_seq === null ? null : { seq: numberOf(row.backup_seq), time: numberOf(row.backup_time) },
      };
    });
  }

  entries(
    account: Uint8Array,
    from: number,
    limits: PageLimits,
  ): Promise<{ seq: number; entries: Buffer[] }> {
    return this.#snapshot(() => {
      const all = this.#sql.entries.iterate(account, from, limits.count);
      const { rows } = withinLimits(all, ({ bytes }) => bufferOf(bytes).length, limits);
      return { seq: this.#seq(account), entries: rows.map(({ bytes }) => bufferOf(bytes)) };
    });
  }

  page(account: Uint8Array, after: Uint8Array | undefined, limits: PageLimits): Promise<Page> {
    return this.#snapshot(() => {
      const all = this.#sql.recordsAfter.iterate(account, after ?? Buffer.alloc(0));
      const { rows, more } = withinLimits(all, ({ sealed }) => bufferOf(sealed).length, limits);
      return {
        seq: this.#seq(account),
        records: rows.map(({ id, sealed }) => ({ id: bufferOf(id), sealed: bufferOf(sealed) })),
        writers: this.#sql.writers.all(account).map((row) => ({
          instance: bufferOf(row.instance),
          publicKey: bufferOf(row.public_key),
        })),
        more,
      };
    });
  }

  records(
    account: Uint8Array,
    ids: readonly Uint8Array[],
  ): Promise<{ seq: number; records: (Buffer | null)[] }> {
    return this.#snapshot(() => ({
      seq: this.#seq(account),
      records: ids.map((id) => {
        const row = this.#sql.record.get(account, id);
        return row === undefined || row.sealed === null ? null : bufferOf(row.sealed);
      }),
    }));
  }

  open(account: Uint8Array, ids: readonly Uint8Array[], bytesMax: number): Promise<Opened> {
    return this.#snapshot(() => {
      const opened: Opened = {
        seq: this.#seq(account),
        fragments: this.#fragments(account),
        blobs: undefined,
      };
      const blobs: (Buffer | null)[] = [];
      let bytes = 0;
      for (const id of ids) {
        const row = this.#sql.blob.get(account, id);
        const blob = row === undefined ? null : bufferOf(row.bytes);
        bytes += blob?.length ?? 0;
        if (bytes > bytesMax) return opened;
        blobs.push(blob);
      }
      return { ...opened, blobs };
    });
  }

  changeMark(): Promise<number> {
    return this.#read(() => numberOf(this.#sql.dataVersion.get()?.data_version));
  }

  rootKeyCheck(): Promise<Buffer | undefined> {
    return this.#read(() => {
      const row = this.#sql.meta.get("root-key-check");
      return row === undefined ? undefined : bufferOf(row.value);
    });
  }

  #account(account: Uint8Array): Row {
    const row = this.#sql.account.get(account);
    if (row === undefined) throw new CallerError("E_NOT_FOUND", "there is no such account");
    return row;
  }

  #seq(account: Uint8Array): number {
    return numberOf(this.#account(account).seq);
  }

  #fragments(account: Uint8Array): FragmentRow[] {
    return this.#sql.fragments.all(account).map((row) => ({
      epoch: numberOf(row.epoch),
      active: row.active === 1,
      sealed: bufferOf(row.sealed),
    }));
  }

  /** Several statements on one state of the database. */
  #snapshot<T>(read: () => T): Promise<T> {
    return this.#read(() => {
      this.#sql.begin.run();
      try {
        return read();
      } finally {
        this.#sql.commit.run();
      }
    });
  }

  async #read<T>(read: () => T): Promise<T> {
    if (!this.#database.isOpen) throw new OperatorError("E_VAULT", "the vault is stopping");
    try {
      return read();
    } catch (error) {
      throw databaseError(error);
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

function instanceOf(row: Row): InstanceRow {
  return {
    instance: bufferOf(row.instance),
    account: bufferOf(row.account),
    sealedKey: bufferOf(row.sealed_key),
    created: numberOf(row.created),
    revoked: row.revoked === 1,
  };
}

function statements(database: DatabaseSync) {
  const prepare = (sql: string): Statement => database.prepare(sql) as Statement;
  return {
    begin: prepare("BEGIN"),
    commit: prepare("COMMIT"),
    instance: prepare("SELECT * FROM instances WHERE instance = ?"),
    allInstances: prepare("SELECT * FROM instances ORDER BY created, instance"),
    instancesOf: prepare("SELECT * FROM instances WHERE account = ? ORDER BY created, instance"),
    accounts: prepare(
      `SELECT account, created, seq, (SELECT count(*) FROM instances i WHERE i.account = a.account) AS instances
       FROM accounts a ORDER BY created, account`,
    ),
    account: prepare("SELECT seq, backup_seq, backup_time FROM accounts WHERE account = ?"),
    entry: prepare("SELECT bytes FROM entries WHERE account = ? AND seq = ?"),
    entries: prepare("SELECT bytes FROM entries WHERE account = ? AND seq >= ? ORDER BY seq LIMIT ?"),
    record: prepare("SELECT sealed FROM records WHERE account = ? AND id = ?"),
    recordsAfter: prepare(
      "SELECT id, sealed FROM records WHERE account = ? AND id > ? AND sealed IS NOT NULL ORDER BY id",
    ),
    writers: prepare("SELECT instance, public_key FROM writers WHERE account = ? ORDER BY instance"),
    fragments: prepare("SELECT epoch, active, sealed FROM fragments WHERE account = ? ORDER BY epoch"),
    allFragments: prepare("SELECT account, epoch, sealed FROM fragments ORDER BY account, epoch"),
    blob: prepare("SELECT bytes FROM blobs WHERE account = ? AND id = ?"),
    dataVersion: prepare("PRAGMA data_version"),
    meta: prepare("SELECT value FROM meta WHERE name = ?"),
  };
}

/** With rows as plain records of unknown columns, which each reader checks as it takes them. */
interface Statement extends Omit<StatementSync, "get" | "all" | "iterate"> {
  get(...values: SQLInputValue[]): Row | undefined;
  all(...values: SQLInputValue[]): Row[];
  iterate(...values: SQLInputValue[]): Iterable<Row>;
}
