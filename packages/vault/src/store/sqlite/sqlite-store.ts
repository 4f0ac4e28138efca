import { existsSync } from "node:fs";
import { OperatorError } from "@halfkey/model";
import { makePrivateFile } from "@halfkey/runtime";
import type { VaultStore } from "../vault-store.ts";
import { openForReading, openForWriting } from "./database.ts";
import { databaseError } from "./database-error.ts";
import { migrate } from "./migrations.ts";
import { SqliteReads } from "./reads.ts";
import { WriteThread } from "./write-thread.ts";

/**
 * The store in one SQLite file (and its `-wal` and `-shm`), which several processes of this machine may open.
 *
 * @param options.create false: a file that does not exist is refused, as a mistyped folder would otherwise become
 * an empty vault.
 * @throws {OperatorError} E_VAULT or E_FORMAT when it cannot be opened.
 */
export function openSqliteStore(file: string, options: { create: boolean }): VaultStore {
  if (!existsSync(file)) {
    if (!options.create) {
      throw new OperatorError(
        "E_INPUT",
        `there is no vault database ${file}: give its folder with --data, or start the vault once`,
      );
    }
    // Before SQLite makes it, which would let the umask decide who may read it.
    makePrivateFile(file);
  }
  try {
    const database = openForWriting(file);
    try {
      migrate(database, Date.now());
    } finally {
      database.close();
    }
    return compose(new SqliteReads(openForReading(file)), new WriteThread(file));
  } catch (error) {
    throw databaseError(error);
  }
}

function compose(reads: SqliteReads, writes: WriteThread): VaultStore {
  return {
    instance: (instance) => reads.instance(instance),
    instances: (account) => reads.instances(account),
    accounts: () => reads.accounts(),
    head: (account) => reads.head(account),
    entries: (account, from, limit) => reads.entries(account, from, limit),
    page: (account, after, limits) => reads.page(account, after, limits),
    records: (account, ids) => reads.records(account, ids),
    open: (account, ids, bytesMax) => reads.open(account, ids, bytesMax),
    changeMark: () => reads.changeMark(),
    rootKeyCheck: () => reads.rootKeyCheck(),
    sealedRows: () => reads.sealedRows(),
    reseal: (rows) => writes.reseal(rows),
    keepRootKeyCheck: (sealed) => writes.keepRootKeyCheck(sealed),
    createCode: (code) => writes.createCode(code),
    enrol: (enrolment) => writes.enrol(enrolment),
    setRevoked: (instance, revoked) => writes.setRevoked(instance, revoked),
    keepFragment: (fragment) => writes.keepFragment(fragment),
    append: (append) => writes.append(append),
    push: (push) => writes.push(push),
    async close() {
      // The writer last: as the last connection it moves the write-ahead log into the database.
      reads.close();
      await writes.close();
    },
  };
}
