import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, it } from "node:test";
import { openVaultFragment, randomBytes } from "@halfkey/crypto";
import { settingsTable } from "@halfkey/runtime";
import { vaultSettings } from "./settings.ts";
import { TestAccount } from "./test-account.ts";
import { runVault, ServingVault } from "./test-program.ts";
import { TestClient } from "./test-vault.ts";

const base = mkdtempSync(join(tmpdir(), "halfkey-vault-program-"));
after(() => rmSync(base, { recursive: true }));

async function enrolled(client: TestClient, data: string): Promise<TestAccount> {
  const { stdout } = await runVault("enrol-code", "--new-account", "--data", data, "--json");
  const account = new TestAccount();
  const reply = await client.enrol(account, JSON.parse(stdout).code);
  assert.equal(reply.status, 201, reply.text);
  return account;
}

/** The only fragment in a stopped vault's database. */
function sealedFragment(data: string): Buffer {
  const database = new DatabaseSync(join(data, "vault.sqlite"));
  const row = database.prepare("SELECT sealed FROM fragments").get();
  database.close();
  return Buffer.from(row?.sealed as Uint8Array);
}

describe("halfkey-vault", () => {
  const data = join(base, "vault");

  it("serves, takes commands meanwhile, stops cleanly, and keeps everything", async () => {
    let vault = await ServingVault.start(data);
    let client = new TestClient(vault.url);
    try {
      assert.equal(statSync(join(data, "root.key")).mode & 0o777, 0o600);
      assert.equal(statSync(join(data, "vault.sqlite")).mode & 0o777, 0o600);
      const account = await enrolled(client, data);
      await client.accepted(account, account.first(await client.kcvOf(account, 1)));

      const accounts = JSON.parse((await runVault("accounts", "--data", data, "--json")).stdout);
      assert.deepEqual(
        accounts.map(({ account: id, seq, instances }: Record<string, unknown>) => ({ id, seq, instances })),
        [{ id: account.account.toString("hex"), seq: 0, instances: 1 }],
      );
      const revoked = await runVault("revoke", account.name, "--data", data);
      assert.deepEqual([revoked.exitCode, revoked.stderr], [0, ""]);
      assert.equal((await client.call(account, "GET", "/v1/head")).code, "E_REVOKED");
      const [shown] = JSON.parse((await runVault("instances", "--data", data, "--json")).stdout);
      assert.deepEqual([shown.instance, shown.revoked], [account.name, true]);
      await runVault("restore", account.name, "--data", data, "--json");
      assert.equal((await client.call(account, "GET", "/v1/head")).status, 200);

      // A commit of another process, here none that the journal knows, wakes nobody for long; the poll ends on stop.
      const waiting = client.call(account, "GET", "/v1/journal?from=0&wait=25");
      await new Promise((resolve) => setTimeout(resolve, 100));
      const started = performance.now();
      assert.equal(await vault.end(), 0);
      assert(performance.now() - started < 5000);
      assert.equal((await waiting).status, 200);
      client.close();

      vault = await ServingVault.start(data);
      client = new TestClient(vault.url);
      assert.equal((await client.ask(account, "GET", "/v1/head")).seq, 0);
      assert.equal((await client.kcvOf(account, 1)).length, 8);
    } finally {
      client.close();
      await vault.end();
    }
  });

  it("refuses a second server on the same folder", async () => {
    const vault = await ServingVault.start(data);
    try {
      const second = await runVault("serve", "--data", data, "--port", "0", "--no-tls");
      assert.equal(second.exitCode, 1);
      assert.match(second.stderr, /in use by process \d+/);
    } finally {
      await vault.end();
    }
  });

  it("refuses to start without its root key, or with another one, and makes no new one", async () => {
    const key = join(data, "root.key");
    const aside = join(base, "aside.key");
    renameSync(key, aside);
    const without = await runVault("serve", "--data", data, "--port", "0", "--no-tls");
    assert.deepEqual([without.exitCode, without.stdout], [1, ""]);
    assert.match(without.stderr, /root\.key is missing.*--root-key-file.*E_CHECK/);
    writeFileSync(key, randomBytes(32), { mode: 0o600 });
    const wrong = await runVault("serve", "--data", data, "--port", "0", "--no-tls");
    assert.equal(wrong.exitCode, 1);
    assert.match(wrong.stderr, /does not give the root key of this database.*E_CHECK/);
    rmSync(key);
    const elsewhere = await ServingVault.start(data, ["--no-tls", "--root-key-file", aside]);
    assert.equal(await elsewhere.end(), 0);
    const hex = readFileSync(aside).toString("hex");
    const byCommand = await ServingVault.start(data, [
      "--no-tls",
      "--root-key-command",
      `echo ${hex}; echo more`,
    ]);
    assert.equal(await byCommand.end(), 0);
    const failing = await runVault(
      "serve",
      "--data",
      data,
      "--port",
      "0",
      "--no-tls",
      "--root-key-command",
      "exit 3",
    );
    assert.equal(failing.exitCode, 1);
    assert.match(failing.stderr, /root key command failed with 3/);
    renameSync(aside, key);
  });

  it("takes another root key, also when it was stopped in between", async () => {
    const rotating = join(base, "rotating");
    const key = join(rotating, "root.key");
    let vault = await ServingVault.start(rotating);
    let client = new TestClient(vault.url);
    const account = await enrolled(client, rotating);
    const kcv = await client.kcvOf(account, 1);
    await client.accepted(account, account.first(kcv));
    const running = await runVault("root-key", "rotate", "--data", rotating);
    assert.match(running.stderr, /in use by process/);
    client.close();
    await vault.end();
    const stolen = readFileSync(key);
    const before = sealedFragment(rotating);

    const rotated = await runVault("root-key", "rotate", "--data", rotating);
    assert.equal(rotated.exitCode, 0, rotated.stderr);
    assert.match(rotated.stdout, /1 fragments and 1 vault keys/);
    const made = readFileSync(key);
    assert.notDeepEqual(made, stolen);
    // Killed after the transaction: the old key in its place, the new one beside it.
    writeFileSync(key, stolen);
    writeFileSync(`${key}.next`, made, { mode: 0o600 });
    vault = await ServingVault.start(rotating);
    client = new TestClient(vault.url);
    assert.deepEqual(await client.kcvOf(account, 1), kcv);
    client.close();
    await vault.end();
    assert.deepEqual(readFileSync(key), made);

    // Killed before it: what was prepared counts for nothing.
    writeFileSync(`${key}.next`, randomBytes(32), { mode: 0o600 });
    await (await ServingVault.start(rotating)).end();
    const elsewhere = join(base, "elsewhere.key");
    const moved = await runVault("root-key", "rotate", "--data", rotating, "--new-root-key-file", elsewhere);
    assert.equal(moved.exitCode, 0, moved.stderr);
    const refused = await runVault("serve", "--data", rotating, "--port", "0", "--no-tls");
    assert.match(refused.stderr, /does not give the root key of this database/);
    await (await ServingVault.start(rotating, ["--no-tls", "--root-key-file", elsewhere])).end();

    // Who has the old key and a later copy of the database has nothing; nor lies anything of before in free pages.
    openVaultFragment(stolen, account.account, 1, before);
    const now = sealedFragment(rotating);
    assert.throws(() => openVaultFragment(stolen, account.account, 1, now), { code: "E_KEY" });
    assert(!readFileSync(join(rotating, "vault.sqlite")).includes(before));
  });

  it("refuses a database of a newer program", async () => {
    const newer = join(base, "newer");
    await (await ServingVault.start(newer)).end();
    const database = new DatabaseSync(join(newer, "vault.sqlite"));
    database.exec("INSERT INTO schema_version (version, applied) VALUES (9999, 0)");
    database.close();
    const refused = await runVault("serve", "--data", newer, "--port", "0", "--no-tls");
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stderr, /schema 9999.*newer program/);
  });

  it("refuses a damaged database", async () => {
    const damaged = join(base, "damaged");
    await (await ServingVault.start(damaged)).end();
    writeFileSync(join(damaged, "vault.sqlite"), randomBytes(8192), { mode: 0o600 });
    const refused = await runVault("serve", "--data", damaged, "--port", "0", "--no-tls");
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stderr, /restore it from a backup/);
  });

  it("says what is wrong with a command, and ends with 1, or with 2 where the data say no", async () => {
    const none = "0".repeat(31);
    const cases: [string[], number, RegExp][] = [
      [["enrol-code"], 1, /--new-account/],
      [["enrol-code", "--new-account", "--account", `${none}1`], 1, /--new-account/],
      [["enrol-code", "--account", `${none}1`], 2, /no such account/],
      [["enrol-code", "--rekey", `${none}1`], 2, /no instance/],
      [["enrol-code", "--account", "XYZ"], 1, /32 lower-case hex/],
      [["revoke", `${none}1`], 2, /no instance/],
      [["revoke"], 1, /missing required argument/],
      [["frobnicate"], 1, /unknown command/],
      [["serve", "--port", "x"], 1, /--port: expected a whole number/],
      [["serve", "--host", "0.0.0.0", "--no-tls"], 1, /loopback/],
      [["serve", "--log-level", "loud"], 1, /--log-level/],
    ];
    for (const [[command = "", ...args], exitCode, message] of cases) {
      const answer = await runVault(command, ...args, ...(command === "frobnicate" ? [] : ["--data", data]));
      assert.equal(answer.exitCode, exitCode, answer.stderr);
      assert.match(answer.stderr, message);
      assert.equal(answer.stdout, "");
    }
    const json = await runVault("revoke", `${none}1`, "--data", data, "--json");
    assert.equal(JSON.parse(json.stderr).code, "E_NOT_FOUND");
    const mistyped = await runVault("accounts", "--data", join(base, "mistyped"));
    assert.equal(mistyped.exitCode, 1);
    assert.match(mistyped.stderr, /no vault database.*--data/);
  });

  it("has every setting in docs/vault.md", () => {
    const page = readFileSync(join(import.meta.dirname, "..", "..", "..", "docs", "vault.md"), "utf8");
    assert(
      page.includes(settingsTable(vaultSettings, "vault")),
      "paste the output of settingsTable into docs/vault.md",
    );
  });
});
