// Disks that are set back, and one that runs twice (F12–F15): what is undone is noticed, what was revoked stays revoked.
import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { AkeylessError } from "../support/akeyless-client.ts";
import { GatewayHttp } from "../support/gateway-http.ts";
import { gatewayPage } from "../support/gateway-page.ts";
import type { Halves, RunningGateway } from "../support/halves.ts";
import { until } from "../support/processes.ts";
import { checkBothHalves } from "./invariants.ts";
import { kept, prepareHalves } from "./prepared-halves.ts";

const later = { name: "/faults/later", value: "written since" };
let halves: Halves;
let gateway: RunningGateway;

before(async () => {
  halves = await prepareHalves();
});
afterEach(stop);
after(async () => {
  await halves?.stop();
});

async function start(): Promise<void> {
  await halves.startVault({ tls: false });
  gateway = await halves.startGateway({ vaultUrl: halves.vaultUrl });
}

async function stop(): Promise<void> {
  gateway?.client.close();
  await halves.stopAll();
}

const folderOf = (half: "vault" | "gateway") => (half === "vault" ? halves.vaultData : halves.gatewayData());
const keep = (half: "vault" | "gateway", name: string) =>
  cpSync(folderOf(half), join(halves.folder, `${half}-${name}`), { recursive: true });
const restore = (half: "vault" | "gateway", name: string) => {
  rmSync(folderOf(half), { recursive: true });
  cpSync(join(halves.folder, `${half}-${name}`), folderOf(half), { recursive: true });
};

async function ask(name: string, body: object = {}, token?: unknown): Promise<Record<string, unknown>> {
  const http = new GatewayHttp(devOf(gateway));
  try {
    const own = token ?? (await newToken());
    const { status, text } = await http.ask({ path: `/halfkey/v1/${name}`, body: { ...body, token: own } });
    assert.equal(status, 200, text);
    return JSON.parse(text);
  } finally {
    http.close();
  }
}

async function newToken(): Promise<unknown> {
  const { accessId, accessKey } = halves.credentials();
  return (await gateway.client.send("auth", { "access-id": accessId, "access-key": accessKey })).token;
}

function devOf({ url }: RunningGateway, name?: string) {
  return { gatewayUrl: url, caFile: join(halves.gatewayData(name), "tls", "ca.pem") };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "ok",
    (error) => {
      assert(error instanceof AkeylessError, String(error));
      return error.code;
    },
  );
}

const read = async (name: string, version = 0) =>
  (await gateway.client.call("get-secret-value", { names: [name], version }))[name];
const update = (value: string) => gateway.client.call("update-secret-val", { name: kept.name, value });
const alarm = async () => (await gatewayPage(devOf(gateway), "/ready")).body.alarm;

describe("F13: the gateway's disk is set back, and the vault has moved on", () => {
  it("it takes up what has happened since, and a token revoked since stays revoked", async () => {
    keep("gateway", "week");
    await start();
    await gateway.client.call("create-secret", later);
    await update("second");
    const token = String(await newToken());
    // Where the token's id stands: docs/cryptography.md, "Session tokens".
    const tokenId = Buffer.from(token.slice(2), "base64url").toString("hex", 1, 17);
    await ask("revoke", { "token-id": tokenId }, token);
    await stop();
    // A start tells the account how far the audit log reaches.
    await start();
    await stop();
    restore("gateway", "week");
    await start();
    assert.equal(await read(later.name), later.value);
    assert.equal(await read(kept.name), "second");
    assert.equal(await codeOf(gateway.client.send("describe-item", { name: kept.name, token })), "E_TOKEN");
    assert.equal((await update("third")).version, 3, "version numbers go on");
    assert.deepEqual([await read(kept.name, 1), await read(kept.name, 2)], [kept.value, "second"]);
    // The audit log is shorter than the account knows: the next one is begun, and says why.
    const { entries } = (await ask("audit/search", { op: "log-begun" })) as { entries: { k: number }[] };
    assert.deepEqual(
      entries.map(({ k }) => k),
      [2],
    );
    assert.match(JSON.stringify(entries), /ends at leaf \d+, but the account knows \d+ leaves/);
  });
});

describe("F12, F15: the vault is set back, or has lost its last commits", () => {
  it("is noticed, freezes writes, and reads go on", async () => {
    keep("vault", "yesterday");
    await start();
    await update("fourth");
    await stop();
    keep("vault", "today");
    restore("vault", "yesterday");
    await start();
    assert.equal(await alarm(), "E_ROLLBACK");
    assert.equal(await codeOf(update("fifth")), "E_FROZEN");
    assert.equal(await read(later.name), later.value);
  });

  it("heals by itself when the right database is back", async () => {
    restore("vault", "today");
    await start();
    await until("the alarm is over", async () => (await alarm()) === null);
    assert.equal(await read(kept.name), "fourth");
    assert.equal((await update("fifth")).version, 5);
  });

  it("head push gives it back what it lost, and names the values that are gone", async () => {
    keep("vault", "now");
    await start();
    await update("sixth");
    await stop();
    restore("vault", "now");
    await start();
    assert.equal(await alarm(), "E_ROLLBACK");
    const { lost } = await ask("head-push");
    assert.deepEqual(lost, [{ name: kept.name, version: 6 }]);
    await until("the alarm is over", async () => (await alarm()) === null);
    assert.equal(await codeOf(read(kept.name)), "E_BLOB");
    assert.equal(await read(kept.name, 5), "fifth");
    assert.equal((await update("seventh")).version, 7);
    assert.equal(await read(kept.name), "seventh");
    await checkBothHalves(halves, gateway);
  });
});

describe("F14: both are set back, to different times", () => {
  it("the vault further than the gateway: noticed", async () => {
    keep("vault", "t0");
    await start();
    await update("eighth");
    await stop();
    keep("gateway", "t1");
    await start();
    await update("ninth");
    await stop();
    restore("vault", "t0");
    restore("gateway", "t1");
    await start();
    assert.equal(await alarm(), "E_ROLLBACK");
    const { vault } = (await ask("head-show")) as { vault: { seq: number; hash: string } };
    const { undone } = await ask("head-accept", vault);
    assert(Number(undone) >= 1);
    assert.equal(await alarm(), null);
    assert.equal(await read(kept.name), "seventh");
    assert.equal((await update("eighth again")).version, 8);
  });

  it("the gateway further than the vault: nothing contradicts, and it works on", async () => {
    keep("gateway", "t2");
    await start();
    await update("ninth again");
    await stop();
    keep("vault", "t3");
    await start();
    await update("tenth");
    await stop();
    restore("gateway", "t2");
    restore("vault", "t3");
    await start();
    assert.equal(await alarm(), null);
    assert.equal(await read(kept.name), "ninth again");
    assert.equal((await update("tenth again")).version, 10);
    await checkBothHalves(halves, gateway);
  });
});

describe("two gateways from one disk", () => {
  it("the older stops serving and says so, the younger serves", async () => {
    await start();
    await update("before the copy");
    gateway.client.close();
    // As a snapshot of the machine is: taken while it runs, without its lock.
    cpSync(halves.gatewayData(), halves.gatewayData("copy"), { recursive: true });
    rmSync(join(halves.gatewayData("copy"), "lock"), { force: true });
    const younger = await halves.startGateway({ name: "copy", vaultUrl: halves.vaultUrl });
    await until("the older one has stopped", async () => {
      const { status, code } = await gatewayPage(devOf(gateway), "/ready");
      return status === 503 && code === "E_CLONE";
    });
    assert.match(readFileSync(halves.gatewayLog, "utf8"), /a younger process runs with this identity/);
    const written = await younger.client.call("update-secret-val", {
      name: kept.name,
      value: "by the younger",
    });
    assert(Number(written.version) > 1);
    assert.equal(
      (await younger.client.call("get-secret-value", { names: [kept.name] }))[kept.name],
      "by the younger",
    );
    younger.client.close();
  });
});
