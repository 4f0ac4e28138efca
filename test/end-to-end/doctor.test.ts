/** What is wrong, found by the doctors of all three programs, with both halves as an operator runs them. */
import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Half } from "../../dev/half.ts";
import { Halves, type RunningGateway } from "../support/halves.ts";
import { runCli } from "../support/run-cli.ts";
import { runHalf } from "../support/run-half.ts";
import { smallDisk } from "../support/small-disk.ts";

interface Diagnosis {
  ok: boolean;
  verdict: { mode: string; seen: string; next: string; runbook: string } | null;
  checks: { id: string; status: string; seen: string }[];
}

const halves = new Halves();
const data = halves.gatewayData();
const ca = join(data, "tls", "ca.pem");
let vault: Half;
let gateway: RunningGateway;

const read = (stdout: string | Buffer): Diagnosis => JSON.parse(stdout.toString());

async function doctor(options: { url?: string; ca?: string; key?: string; more?: string[] } = {}) {
  const { accessId, accessKey } = halves.credentials();
  const { exitCode, stdout, stderr } = await runCli(["doctor", "--json", ...(options.more ?? [])], {
    env: {
      HALFKEY_URL: options.url ?? gateway.url,
      HALFKEY_CA: options.ca ?? ca,
      HALFKEY_ACCESS_ID: accessId,
      HALFKEY_ACCESS_KEY: options.key ?? accessKey,
    },
  });
  assert.equal(stderr, "");
  return { exitCode, ...read(stdout), output: stdout.toString() };
}

async function halfDoctor(half: "vault" | "gateway", args: string[]) {
  const { exitCode, stdout } = await runHalf(half, ["doctor", "--json", ...args]);
  return { exitCode, ...read(stdout), output: stdout };
}

const gatewayDoctor = (...args: string[]) =>
  halfDoctor("gateway", ["--data", data, ...(args.length > 0 ? args : ["--key-file", halves.keyFile])]);
const statusOf = ({ checks }: Diagnosis, id: string) => checks.find((one) => one.id === id)?.status;

describe("the doctors", () => {
  before(async () => {
    vault = await halves.startVault();
    await halves.initGateway();
    gateway = await halves.startGateway();
    await gateway.client.call("create-secret", { name: "/mdapi/joplin/key", value: "hunter2" });
  });
  after(() => halves.stop());

  it("find nothing where nothing is wrong, and show no secret", async () => {
    const client = await doctor({ more: ["--path", "/mdapi/joplin/key"] });
    assert.deepEqual([client.exitCode, client.ok, client.verdict], [0, true, null], client.output);
    const own = await gatewayDoctor();
    assert.deepEqual([own.exitCode, own.ok], [0, true], own.output);
    const vaults = await halfDoctor("vault", ["--data", halves.vaultData]);
    assert.deepEqual([vaults.exitCode, vaults.ok], [0, true], vaults.output);
    const { accessKey } = halves.credentials();
    for (const { output } of [client, own, vaults])
      assert(!output.includes(accessKey) && !output.includes("hunter2"));
  });

  it("a client's mistakes are its own: exit code 1", async () => {
    for (const [mode, options] of [
      ["wrong-ca", { ca: join(halves.vaultData, "tls", "ca.pem") }],
      ["wrong-base-url", { url: `${gateway.url}/somewhere` }],
      ["credentials-refused", { key: "wrong" }],
    ] as const) {
      const { exitCode, verdict } = await doctor(options);
      assert.deepEqual([verdict?.mode, exitCode], [mode, 1], JSON.stringify(verdict));
    }
    const { verdict } = await doctor({ url: `${gateway.url}/somewhere` });
    assert.match(verdict?.next ?? "", new RegExp(`--url ${gateway.url}/akeyless-api/v2$`));
  });

  it("what is wrong elsewhere: exit code 2", async () => {
    for (const [mode, more] of [
      ["item-absent", ["--path", "/mdapi/joplin/nothing"]],
      ["wrong-fragment", ["--fragment", "cf-aaaaaaaaaaaaaaaa"]],
    ] as const) {
      const { exitCode, verdict } = await doctor({ more: [...more] });
      assert.deepEqual([verdict?.mode, exitCode], [mode, 2], JSON.stringify(verdict));
    }
  });

  it("a web server in the gateway's place is told from a gateway", async () => {
    const server = createServer((_request, response) => {
      response.writeHead(404, { "content-type": "text/html" }).end("<h1>Not Found</h1>");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { verdict } = await doctor({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
      assert.equal(verdict?.mode, "wrong-base-url");
      assert.match(verdict?.seen ?? "", /a web page, status 404/);
      assert.equal(verdict?.runbook, "docs/runbooks/derived-key-404.md");
    } finally {
      server.close();
    }
  });

  it("the vault is down: the client sees which half is missing, the gateway's doctor why", async () => {
    await vault.stop();
    const client = await doctor();
    assert.deepEqual([client.verdict?.mode, client.exitCode], ["vault-unreachable", 2]);
    const own = await gatewayDoctor();
    assert.deepEqual([own.verdict?.mode, own.exitCode], ["vault-unreachable", 2], own.output);
    assert.match(own.verdict?.seen ?? "", /nothing listens/);
    const vaults = await halfDoctor("vault", ["--data", halves.vaultData]);
    assert.deepEqual([vaults.verdict?.mode, vaults.exitCode], ["vault-stopped", 1]);
  });

  it("the gateway is down: the client cannot see more, its own doctor says that it only has to be started", async () => {
    await gateway.stop();
    vault = await halves.startVault();
    const client = await doctor();
    assert.deepEqual([client.verdict?.mode, client.exitCode], ["gateway-unreachable", 2]);
    assert.equal(statusOf(client, "item"), "skipped");
    const own = await gatewayDoctor();
    assert.deepEqual([own.verdict?.mode, own.exitCode], ["gateway-stopped", 1], own.output);
  });

  it("`halfkey doctor --gateway-data` runs the gateway's own doctor", async () => {
    const { exitCode, stdout } = await runCli(["doctor", "--gateway-data", data, "--json"]);
    assert.equal(exitCode, 1);
    assert.equal(read(stdout).verdict?.mode, "gateway-stopped");
  });

  it("what keeps a gateway from its fragment is told apart", async () => {
    const other = join(halves.folder, "other.key");
    writeFileSync(other, Buffer.alloc(32, 7), { mode: 0o600 });
    const wrongKey = await gatewayDoctor("--key-file", other);
    assert.deepEqual([wrongKey.verdict?.mode, wrongKey.exitCode], ["sealed", 1]);
    assert.match(wrongKey.verdict?.seen ?? "", /wrong passphrase or key/);
    const wrongMethod = await gatewayDoctor("--passphrase-file", other);
    assert.equal(wrongMethod.verdict?.mode, "sealed");
    assert.match(wrongMethod.verdict?.seen ?? "", /sealed with --key-file/);

    const file = join(data, "customer-fragment.pem");
    const whole = readFileSync(file, "utf8");
    copyFileSync(file, `${file}.kept`);
    try {
      writeFileSync(file, whole.replace("Epoch: 1 ", "Epoch: 2 "));
      assert.equal((await gatewayDoctor()).verdict?.mode, "fragment-damaged");
      writeFileSync(file, "something else\n");
      const { verdict } = await gatewayDoctor();
      assert.equal(verdict?.mode, "fragment-damaged");
      assert.match(verdict?.seen ?? "", /is no fragment file/);
    } finally {
      writeFileSync(file, whole);
    }
    const nowhere = await halfDoctor("gateway", ["--data", halves.vaultData, "--key-file", halves.keyFile]);
    assert.equal(nowhere.verdict?.mode, "fragment-missing");
  });

  it("a damaged journal and an alarm are found without the gateway", async () => {
    const journal = join(data, "journal");
    const whole = readFileSync(journal);
    const damaged = Buffer.from(whole);
    damaged[20] = (damaged[20] ?? 0) ^ 1;
    writeFileSync(journal, damaged);
    assert.equal((await gatewayDoctor()).verdict?.mode, "file-damaged");
    writeFileSync(journal, whole);

    const alarm = join(data, "alarm.json");
    const since = new Date().toISOString();
    writeFileSync(alarm, JSON.stringify({ alarm: { code: "E_FORK", reason: "another history", since } }));
    assert.equal((await gatewayDoctor()).verdict?.mode, "frozen");
    writeFileSync(alarm, JSON.stringify({ alarm: null }));
  });

  it("a revoked instance, and another account's vault", async () => {
    const { instance } = JSON.parse(readFileSync(join(data, "account.json"), "utf8"));
    await runHalf("vault", ["revoke", instance, "--data", halves.vaultData]);
    const revoked = await gatewayDoctor();
    assert.deepEqual([revoked.verdict?.mode, revoked.exitCode], ["vault-refuses", 2], revoked.output);
    await runHalf("vault", ["restore", instance, "--data", halves.vaultData]);
    await vault.stop();
    const url = halves.vaultUrl;
    vault = await halves.startVault({ data: join(halves.folder, "other-vault") });
    assert.equal(halves.vaultUrl, url);
    assert.equal((await gatewayDoctor()).verdict?.mode, "vault-wrong-ca");
    await vault.stop();
    vault = await halves.startVault();
  });

  it("a root key that is not the database's", async () => {
    const other = join(halves.folder, "other.key");
    const { verdict } = await halfDoctor("vault", ["--data", halves.vaultData, "--root-key-file", other]);
    assert.equal(verdict?.mode, "root-key");
  });

  it("a full disk", async (t) => {
    const folder = join(halves.folder, "small");
    const disk = smallDisk(folder, 1024 * 1024);
    try {
      disk.fill(process.pid);
      const { verdict } = await halfDoctor("gateway", ["--data", folder]);
      // Without a mount only this process is bounded, and not the doctor.
      if (verdict?.mode === "fragment-missing") t.skip("no file system can be mounted here");
      else assert.equal(verdict?.mode, "disk-full");
    } finally {
      disk.free(process.pid);
      disk.remove();
    }
  });
});
