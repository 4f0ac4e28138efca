// Every command of every incident's runbook, typed as it stands there; then what the attacker has is tried.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import {
  decodeFragmentFile,
  type FragmentPayload,
  openVaultFragment,
  passphraseKey,
  readFragmentHeader,
} from "@halfkey/crypto";
import { startHalf } from "../../dev/half.ts";
import { type AkeylessClient, createAkeylessClient } from "../support/akeyless-client.ts";
import { OperatedHalves } from "../support/operated-halves.ts";
import { until } from "../support/processes.ts";
import { runHalf } from "../support/run-half.ts";

const runbooks = join(import.meta.dirname, "..", "..", "docs", "runbooks");
const typed = new Set<string>();

/** The fenced blocks of a page, without the indentation of a list. */
function blocksOf(page: string): string[] {
  typed.add(page);
  const fences = readFileSync(join(runbooks, page), "utf8").matchAll(/^( *)```sh\n([\s\S]*?)\n *```$/gm);
  return [...fences].map(([, indent = "", block = ""]) =>
    block.replaceAll(`\n${indent}`, "\n").slice(indent.length),
  );
}

describe("incidents", () => {
  const operated = new OperatedHalves();
  const { folder, gatewayData, vaultData, safe } = operated;
  const fragmentFile = join(gatewayData, "customer-fragment.pem");
  const recovery = join(folder, "recovery-of-init");
  let client: AkeylessClient;

  before(async () => {
    await operated.start();
    cpSync(join(gatewayData, "recovery"), recovery, { recursive: true });
    await asked("create-secret", { name: "/incident/one", value: "1" });
    await asked("create-secret", { name: "/incident/two", value: "2" });
  });
  after(async () => {
    client?.close();
    await operated.stop();
  });

  /** One command of the API; the gateway may be another process, with another certificate, by now. */
  async function asked(command: string, body: object): Promise<Record<string, unknown>> {
    client?.close();
    const dev = JSON.parse(readFileSync(join(folder, "dev.json"), "utf8"));
    client = createAkeylessClient(dev);
    return client.call(command, body);
  }

  async function follow(page: string, variables: Record<string, string> = {}): Promise<string[]> {
    // The id on the page stays that of the gateway it happened to.
    const { instance } = operated.account;
    const seen: string[] = [];
    for (const block of blocksOf(page)) {
      const step = await operated.type(block, { INSTANCE: instance, ...variables });
      assert.equal(step.exitCode, 0, `${page}:\n${block}\n${step.seen}`);
      seen.push(step.seen);
    }
    return seen;
  }

  async function readsAndWrites(): Promise<void> {
    const values = await asked("get-secret-value", { names: ["/incident/one", "/incident/two"] });
    assert.deepEqual({ ...values }, { "/incident/one": "1", "/incident/two": "2" });
    await asked("update-item", { name: "/incident/one", description: String(Math.random()) });
  }

  /** What a thief takes: the gateway's whole folder, and the passphrase. */
  function stolen(name: string) {
    const data = join(folder, name);
    cpSync(gatewayData, data, { recursive: true });
    rmSync(join(data, "lock"), { force: true });
    const passphrase = readFileSync(operated.passphraseFile, "utf8").trim();
    const open = async (file: string): Promise<FragmentPayload> =>
      (await decodeFragmentFile(readFileSync(file, "utf8"), (method) => passphraseKey(method, passphrase)))
        .payload;
    const passphraseFile = join(folder, `${name}.passphrase`);
    writeFileSync(passphraseFile, `${passphrase}\n`, { mode: 0o600 });
    return { data, passphrase, passphraseFile, open };
  }

  /** Starts what was stolen, against the real vault. @returns why it cannot serve. */
  async function serveStolen({ data, passphraseFile }: ReturnType<typeof stolen>): Promise<string> {
    const args = ["serve", "--data", data, "--passphrase-file", passphraseFile, "--port", "0"];
    const thief = startHalf("gateway", args, join(folder, `${basename(data)}.log`));
    let isReady = false;
    thief.ready().then(
      () => {
        isReady = true;
      },
      () => {},
    );
    try {
      await until("it says why it cannot start", () => /cannot start yet/.test(thief.lastLines()), 30_000);
      assert.equal(isReady, false);
      return thief.lastLines();
    } finally {
      await thief.stop();
    }
  }

  const epochsOf = (file: string) => {
    const { epochs, vaultEpochs } = readFragmentHeader(readFileSync(file, "utf8"));
    return { customer: epochs.map(({ e }) => e), vault: vaultEpochs.map(({ f }) => f) };
  };
  const fragmentRows = (data: string) => {
    const database = new DatabaseSync(join(data, "vault.sqlite"), { readOnly: true });
    const rows = database.prepare("SELECT account, epoch, sealed FROM fragments").all();
    database.close();
    return rows.map(({ account, epoch, sealed }) => ({
      account: account as Uint8Array,
      epoch: Number(epoch),
      sealed: sealed as Uint8Array,
    }));
  };

  it("a caller's token: it is refused", async () => {
    const method = await asked("create-auth-method", { name: "stolen" });
    const accessId = String(method.access_id);
    await asked("create-role", { name: "stolen" });
    await asked("set-role-rule", { "role-name": "stolen", path: "/incident/*", capability: ["read"] });
    await asked("assoc-role-am", { "role-name": "stolen", "am-name": "stolen" });
    const credentials = { "access-id": accessId, "access-key": String(method.access_key) };
    const { token } = await client.send("auth", { "access-type": "access_key", ...credentials });
    const read = { names: ["/incident/one"], token };
    assert.equal((await client.send("get-secret-value", read))["/incident/one"], "1");
    const tokenId = Buffer.from(String(token).slice(2), "base64url").toString("hex", 1, 17);
    const [, searched = "", holders = ""] = await follow("incident-token-stolen.md", {
      TOKEN_ID: tokenId,
      AUTH_METHOD: accessId,
      PATH_OF_SECRET: "/incident/one",
    });
    assert.match(searched, /read .*\/incident\/one/);
    assert.match(holders, /stolen/);
    await assert.rejects(client.send("get-secret-value", read), { status: 401 });
  });

  it("the vault lost: nothing of the history is", async () => {
    const backup = join(folder, "vault-backup");
    await operated.systemctl("stop", "halfkey-vault");
    cpSync(vaultData, backup, { recursive: true });
    await operated.systemctl("start", "halfkey-vault");
    await until("it goes on", () =>
      readsAndWrites().then(
        () => true,
        () => false,
      ),
    );
    await asked("update-item", { name: "/incident/two", description: "after the copy" });
    await operated.systemctl("stop", "halfkey-vault");
    rmSync(vaultData, { recursive: true });
    const [, heads = ""] = await follow("incident-vault-lost.md", { VAULT_BACKUP: backup });
    assert.match(heads, /no alarm/);
    const described = await asked("describe-item", { name: "/incident/two" });
    assert.equal(described.item_metadata, "after the copy");
    await readsAndWrites();
  });

  it("the gateway's machine lost: a copy of three files is enough", async () => {
    for (const name of ["customer-fragment.pem", "vault-ca.pem", "account.json"])
      cpSync(join(gatewayData, name), join(safe, name));
    await operated.systemctl("stop", "halfkey-gateway");
    const known = operated.account;
    rmSync(gatewayData, { recursive: true });
    mkdirSync(gatewayData, { mode: 0o700 });
    writeFileSync(join(gatewayData, "account.json"), JSON.stringify(known));
    const [, heads = ""] = await follow("incident-fragment-lost.md");
    assert.match(heads, /no alarm/);
    await readsAndWrites();
  });

  it("paper shares stolen: they open no backup that is made from now on", async () => {
    const sheetsIn = (where: string) =>
      readdirSync(where)
        .filter((name) => name.endsWith(".txt"))
        .sort()
        .slice(0, 2)
        .map((name) => join(where, name));
    const [backups, sheets] = [join(folder, "backups"), join(folder, "sheets")];
    cpSync(recovery, join(folder, "old-sheets"), { recursive: true });
    await follow("incident-shares-stolen.md", { BACKUPS: backups, SHEETS: sheets });
    const verify = (where: string) =>
      runHalf("gateway", [
        ...["backup", "verify", "--data", gatewayData, "--from", backups],
        ...["--share-files", sheetsIn(where).join(",")],
      ]);
    const [old, now] = [await verify(join(folder, "old-sheets")), await verify(sheets)];
    assert.deepEqual([old.exitCode === 0, now.exitCode], [false, 0], old.stderr + now.stderr);
    await readsAndWrites();
  });

  it("the disk stolen, sealed: a file that does not open, for a fragment that is gone", async () => {
    const loot = stolen("stolen-disk");
    const before = operated.account;
    await follow("incident-disk-stolen.md");
    await readsAndWrites();
    assert.notEqual(operated.account.instance, before.instance);
    // Even if the passphrase of that time comes out some day.
    assert.match(await serveStolen(loot), /does not know this gateway|E_REVOKED|refused with status/);
    await assert.rejects(loot.open(fragmentFile), { code: "E_KEY" });
    const { epochs } = await loot.open(join(loot.data, "customer-fragment.pem"));
    assert.deepEqual([epochs.map(({ e }) => e), epochsOf(fragmentFile).customer], [[1], [2]]);
    assert.deepEqual(epochsOf(join(safe, "customer-fragment.pem")), epochsOf(fragmentFile));
  });

  it("the keyring stolen, unsealed: its old fragment's other half is destroyed, and tokens end", async () => {
    const loot = stolen("stolen-keyring");
    const { vault: oldVaultEpochs } = epochsOf(fragmentFile);
    await readsAndWrites();
    const { token } = await client.send("auth", {
      "access-type": "access_key",
      "access-id": operated.credentials.accessId,
      "access-key": operated.credentials.accessKey,
    });
    await follow("incident-keyring-stolen.md");
    await readsAndWrites();
    assert.match(await serveStolen(loot), /does not know this gateway|E_REVOKED|refused with status/);
    await assert.rejects(client.send("get-secret-value", { names: ["/incident/one"], token }), {
      status: 401,
    });
    const live = fragmentRows(vaultData).map(({ epoch }) => epoch);
    assert(
      oldVaultEpochs.every((epoch) => !live.includes(epoch)),
      "the vault destroyed it",
    );
    const window = JSON.parse(readFileSync(join(folder, "read-in-the-window.json"), "utf8"));
    assert(window.some(({ path }: { path: string }) => path === "/incident/one"));
  });

  it("the vault compromised: the thief's database and root key open nothing that is there now", async () => {
    const loot = join(folder, "stolen-vault");
    await operated.systemctl("stop", "halfkey-vault");
    cpSync(vaultData, loot, { recursive: true });
    await operated.systemctl("start", "halfkey-vault");
    const rootKey = readFileSync(join(loot, "root.key"));
    const [had] = fragmentRows(loot);
    assert(had !== undefined);
    openVaultFragment(rootKey, had.account, had.epoch, had.sealed);
    const before = epochsOf(fragmentFile);
    const seen = await follow("incident-vault-compromised.md");
    assert.match(seen.at(-1) ?? "", /no alarm/);
    await readsAndWrites();
    const now = fragmentRows(vaultData);
    assert.deepEqual(
      now.map(({ epoch }) => epoch),
      [had.epoch + 1],
    );
    for (const { account, epoch, sealed } of now)
      assert.throws(() => openVaultFragment(rootKey, account, epoch, sealed), { code: "E_KEY" });
    assert.deepEqual(epochsOf(fragmentFile), {
      customer: before.customer.map((e) => e + 1),
      vault: [had.epoch + 1],
    });
  });

  it("both halves: everything that must be changed at its source is listed", async () => {
    // printf is no halfkey: the page's new value comes from wherever the secret lives.
    await follow("incident-both-halves.md", { NEW_VALUE: "1", PATH_OF_SECRET: "/incident/one" });
    const listed = JSON.parse(readFileSync(join(folder, "every-secret.json"), "utf8"));
    assert.deepEqual(
      listed.map(({ path }: { path: string }) => path),
      ["/incident/one", "/incident/two"],
    );
    await readsAndWrites();
  });

  it("every page was typed, and stands in the list", () => {
    const pages = readdirSync(runbooks).filter((name) => /^incident-.*\.md$/.test(name));
    assert.deepEqual([...typed].sort(), pages.sort());
    const list = readFileSync(join(runbooks, "incidents.md"), "utf8");
    for (const page of pages) assert(list.includes(`](${basename(page)})`), page);
  });
});
