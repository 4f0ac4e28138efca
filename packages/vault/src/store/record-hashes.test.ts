import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { randomBytes, sha256 } from "@halfkey/crypto";
import { TestAccount } from "../test-account.ts";
import { openSqliteStore } from "./sqlite/sqlite-store.ts";
import type { VaultStore } from "./vault-store.ts";

const folder = mkdtempSync(join(tmpdir(), "halfkey-vault-"));
after(() => rmSync(folder, { recursive: true }));
const migrations = join(import.meta.dirname, "..", "..", "migrations");
const kcv = "0a0b0c0d";

async function started(store: VaultStore): Promise<TestAccount> {
  const account = new TestAccount();
  const hash = randomBytes(32);
  await store.createCode({ hash, account: null, rekeys: null, expires: Date.now() + 60_000 });
  await store.enrol({
    codeHash: hash,
    account: account.account,
    instance: account.instance,
    sealedKey: Buffer.from("a sealed key"),
    keyHash: sha256(account.vaultKey),
    now: Date.now(),
    repeatMs: 60_000,
  });
  const fragment = { epoch: 1, sealed: randomBytes(8), kcv: Buffer.from(kcv, "hex") };
  await store.keepFragment({ account: account.account, ...fragment });
  const first = account.first(kcv);
  await store.append(first);
  account.accept(first);
  return account;
}

function edit(file: string, sql: string, ...values: Uint8Array[]): void {
  const database = new DatabaseSync(file);
  assert.notEqual(database.prepare(sql).run(...values).changes, 0);
  database.close();
}

test("a database from before the hashes gets them from its journal, whatever has become of the records", async () => {
  const file = join(folder, "old.sqlite");
  const one = new TestAccount();
  const appends = [
    one.ahead({
      put: [{ name: "/gone" }, { name: "/changed" }, { name: "/damaged" }, { name: "/lost" }],
      more: [one.admit(one.name, one.signing.publicKey), one.announce(1, kcv)],
    }),
    one.ahead({ put: [{ name: "/changed" }, { name: "/back" }], remove: ["/gone"] }),
    one.ahead({ remove: ["/back"] }),
    one.ahead({ put: [{ name: "/back" }] }),
  ];
  const database = new DatabaseSync(file);
  database.exec("CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied INTEGER NOT NULL) STRICT");
  database.exec(readFileSync(join(migrations, "0001-accounts-and-journal.sql"), "utf8"));
  database.exec("INSERT INTO schema_version VALUES (1, 0)");
  const run = (sql: string, ...values: (Uint8Array | number)[]) => database.prepare(sql).run(...values);
  run("INSERT INTO accounts (account, created, seq, hash) VALUES (?, 0, 3, ?)", one.account, one.state.hash);
  run("INSERT INTO writers VALUES (?, ?, ?)", one.account, one.instance, one.signing.publicKey);
  run("INSERT INTO fragments VALUES (?, 1, 1, ?, ?)", one.account, Buffer.from(kcv, "hex"), randomBytes(8));
  appends.forEach(({ entry }, seq) => {
    run("INSERT INTO entries VALUES (?, ?, ?)", one.account, seq, entry);
  });
  const last = new Map(
    appends.flatMap(({ records }) => records).map((record) => [record.id.toHex(), record]),
  );
  const current = (name: string) => last.get(one.idOf(name).toHex())?.sealed ?? Buffer.alloc(0);
  const put = (name: string, sealed: Uint8Array) =>
    run("INSERT INTO records VALUES (?, ?, ?)", one.account, one.idOf(name), sealed);
  put("/changed", current("/changed"));
  put("/back", current("/back"));
  put("/damaged", randomBytes(614));
  database.close();

  const store = openSqliteStore(file, { create: false });
  const names = ["/gone", "/changed", "/back", "/damaged", "/lost"];
  const ids = names.map((name) => one.idOf(name));
  const before = (await store.records(one.account, ids)).records;
  assert.deepEqual(
    [before[0], before[1], before[2], before[4]],
    [null, current("/changed"), current("/back"), null],
  );
  assert.notDeepEqual(before[3], current("/damaged"));
  await store.push(one.push([], { records: [...last.values()] }));
  const { records } = await store.records(one.account, ids);
  assert.deepEqual(records, [null, ...names.slice(1).map(current)]);
  const append = one.next({ put: [{ name: "/new" }], remove: ["/lost"] });
  assert.deepEqual(await store.append(append), { conflict: false, seq: 4 });
  await store.close();
});

test("tables that are not the journal's are told to the operator, and the other accounts go on", async () => {
  const file = join(folder, "damaged.sqlite");
  let store = openSqliteStore(file, { create: true });
  const [one, other] = [await started(store), await started(store)];
  await store.close();
  edit(file, "UPDATE records SET hash = ? WHERE account = ?", randomBytes(32), one.account);
  store = openSqliteStore(file, { create: false });
  const damaged = { name: "OperatorError", code: "E_VAULT", message: /not those of its journal/ };
  const good = other.next({ put: [{ name: "/a" }] });
  const [refused, accepted] = await Promise.allSettled([
    store.append(one.next({ put: [{ name: "/a" }] })),
    store.append(good),
  ]);
  assert.equal(accepted.status, "fulfilled");
  assert(refused.status === "rejected");
  assert.throws(() => {
    throw refused.reason;
  }, damaged);
  await assert.rejects(store.push(one.push([one.next({ put: [{ name: "/a" }] })])), damaged);
  await store.close();
});
