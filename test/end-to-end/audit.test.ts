// The audit log of a gateway as it is shipped: what stands in it, and what happens to whoever touches it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { crc32 } from "node:zlib";
import type { AuditEntry, AuditSearchReply, AuditTailReply, AuditVerifyReply } from "@halfkey/wire";
import { AkeylessError } from "../support/akeyless-client.ts";
import { Halves, type RunningGateway } from "../support/halves.ts";
import { filesOf, findNeedles } from "../support/needles.ts";
import { until } from "../support/processes.ts";
import { runCli } from "../support/run-cli.ts";

const value = "hmac-sha256:the value that no log may hold";
const folder = "/mdapi/joplin/tsig-secret";
const path = `${folder}/tsig-secret-key`;

async function search(gateway: RunningGateway, query: object = {}): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for (let next: string | null | undefined; next !== null; ) {
    const fields = { order: "oldest", limit: 1000, ...query, ...(next === undefined ? {} : { after: next }) };
    const page = (await gateway.client.call(
      "halfkey/v1/audit/search",
      fields,
    )) as unknown as AuditSearchReply;
    assert.deepEqual(page.problems, []);
    entries.push(...page.entries);
    next = page.next;
  }
  return entries;
}

/** The first bad entry, as `k:index`, or nothing. */
async function verify(gateway: RunningGateway): Promise<{ bad: string[]; leaves: number; k: number }> {
  const found = { bad: [] as string[], leaves: 0, k: 0 };
  for (let from: string | null | undefined; from !== null; ) {
    const fields = from === undefined ? {} : { from };
    const reply = (await gateway.client.call(
      "halfkey/v1/audit/verify",
      fields,
    )) as unknown as AuditVerifyReply;
    if (reply.problem !== null) found.bad.push(`${reply.problem.k}:${reply.problem.index}`);
    found.leaves += reply.leaves;
    found.k = reply.log.k;
    from = reply.next;
  }
  return found;
}

const refusedWith = (status: number) => (error: unknown) =>
  error instanceof AkeylessError && error.status === status;

/** What tests assert of an entry: who did it is the same throughout. */
const gist = ({ op, path, to, v, ok }: AuditEntry) =>
  [op, path, to === undefined ? undefined : `to ${to}`, v, ok ? "ok" : "refused"]
    .filter((part) => part !== undefined)
    .join(" ");

describe("one gateway's audit log", () => {
  const halves = new Halves();
  const auditFolder = join(halves.gatewayData(), "audit");
  let gateway: RunningGateway;

  before(async () => {
    await halves.startVault();
    await halves.initGateway();
    gateway = await halves.startGateway();
  });
  after(() => halves.stop());

  test("tells every login, write and read, with the rule and the request, and no value", async () => {
    const { client } = gateway;
    await client.call("create-secret", {
      name: path,
      value,
      description: "a description",
      tags: ["a-tag-of-it"],
    });
    await client.call("update-secret-val", { name: path, value: `${value} 2` });
    await client.call("get-secret-value", { names: [path] });
    await client.call("get-secret-value", { names: [path], version: 1 });
    await client.call("create-secret", { name: `${folder}/other`, value });
    await client.call("get-secret-value", { names: [path, `${folder}/other`] });
    await client.call("rollback-secret", { name: path, "old-version": 1 });
    await client.call("update-item", { name: path, "new-name": `${folder}/renamed`, description: "changed" });
    await client.call("set-item-state", { name: `${folder}/renamed`, "desired-state": "Disabled" });
    await assert.rejects(client.call("get-secret-value", { names: [`${folder}/renamed`] }), refusedWith(403));
    await client.call("set-item-state", { name: `${folder}/renamed`, "desired-state": "Enabled" });
    await client.call("delete-item", { name: `${folder}/renamed`, version: 1 });
    await client.call("move-objects", { source: folder, target: "/mdapi/moved" });
    await client.call("describe-item", { name: "/mdapi/moved/other" });
    await client.call("list-items", { path: "/" });
    await client.call("delete-items", { path: "/mdapi/moved" });
    await client.call("halfkey/v1/undelete", { name: "/mdapi/moved/other" });

    const entries = await search(gateway);
    assert.deepEqual(entries.map(gist), [
      "login ok",
      `create ${path} 1 ok`,
      `update ${path} 2 ok`,
      `read ${path} 2 ok`,
      `read ${path} 1 ok`,
      `create ${folder}/other 1 ok`,
      `read ${path} 2 ok`,
      `read ${folder}/other 1 ok`,
      `rollback ${path} 3 ok`,
      `change ${path} ok`,
      `move ${path} to ${folder}/renamed ok`,
      `change ${folder}/renamed ok`,
      `read ${folder}/renamed refused`,
      `change ${folder}/renamed ok`,
      `delete ${folder}/renamed 1 ok`,
      `move ${folder}/other to /mdapi/moved/other ok`,
      `move ${folder}/renamed to /mdapi/moved/renamed ok`,
      "delete /mdapi/moved/other ok",
      "delete /mdapi/moved/renamed ok",
      "undelete /mdapi/moved/other 1 ok",
    ]);
    const { accessId } = halves.credentials();
    for (const [index, entry] of entries.entries()) {
      assert.equal(entry.index, index);
      assert.equal(entry.who, accessId);
      assert.match(entry.req ?? "", /^[0-9a-f]{16}$/);
      assert(Math.abs(Date.now() - (entry.t ?? 0)) < 60_000);
      if (entry.op === "read" && entry.ok) assert.match(entry.rule ?? "", /^\S+ \/\*$/);
      const known = ["k", "index", "t", "who", "op", "path", "to", "v", "ok", "req", "rule", "code"];
      assert.deepEqual(
        Object.keys(entry).filter((name) => !known.includes(name)),
        [],
      );
    }
    assert.equal(new Set(entries.map(({ req }) => req)).size, 16);
  });

  test("finds by who, what, where and when, and tells what follows", async () => {
    assert.deepEqual((await search(gateway, { op: "rollback" })).map(gist), [`rollback ${path} 3 ok`]);
    assert.equal((await search(gateway, { path: "/mdapi/moved" })).length, 5);
    assert.equal((await search(gateway, { ok: false })).length, 1);
    assert.deepEqual(await search(gateway, { who: "p-nobody" }), []);
    assert.deepEqual(await search(gateway, { until: Date.now() - 3_600_000 }), []);
    const newest = (await search(gateway, { order: "newest" }))[0];
    assert(newest !== undefined);

    const begun = performance.now();
    const tail = gateway.client.call("halfkey/v1/audit/tail", {
      after: `1:${newest.index}`,
      waitSeconds: 20,
    });
    await gateway.client.call("get-secret-value", { names: ["/mdapi/moved/other"] });
    const { entries, next } = (await tail) as unknown as AuditTailReply;
    assert(performance.now() - begun < 10_000, "it waits for the next entry, not for its time");
    assert.deepEqual(entries.map(gist), ["read /mdapi/moved/other 1 ok"]);
    assert.equal(next, `1:${newest.index + 1}`);
  });

  test("can be read and checked from the command line", async () => {
    const { accessId, accessKey } = halves.credentials();
    const env = {
      HALFKEY_URL: gateway.url,
      HALFKEY_CA: join(halves.gatewayData(), "tls", "ca.pem"),
      HALFKEY_ACCESS_ID: accessId,
      HALFKEY_ACCESS_KEY: accessKey,
    };
    const run = async (...words: string[]) => {
      const { exitCode, stdout, stderr } = await runCli(["audit", ...words], { env });
      assert.equal(exitCode, 0, stderr);
      return stdout.toString();
    };
    const rollbacks: AuditEntry[] = JSON.parse(
      await run("search", "--op", "rollback", "--since", "1h", "--json"),
    );
    assert.deepEqual(rollbacks.map(gist), [`rollback ${path} 3 ok`]);
    assert.match(await run("tail", "-n", "3"), /^TIME +WHO +OP[\s\S]+login[\s\S]+login/);
    const exported = (await run("export")).trimEnd().split("\n");
    assert.equal(exported.length, (await search(gateway)).length);
    assert.match(await run("verify"), /whole/);
  });

  test("refuses malformed questions", async () => {
    const { client } = gateway;
    for (const fields of [
      { limit: 0 },
      { limit: 1001 },
      { after: "x" },
      { after: "1:99999999999999999" },
      { order: "up" },
      { since: -1 },
    ])
      await assert.rejects(
        client.call("halfkey/v1/audit/search", fields),
        refusedWith(400),
        JSON.stringify(fields),
      );
    await assert.rejects(client.call("halfkey/v1/audit/tail", {}), refusedWith(400));
    await assert.rejects(client.call("halfkey/v1/audit/verify", { from: "1:5" }), refusedWith(404));
    await assert.rejects(client.send("halfkey/v1/audit/search", {}), refusedWith(401));
    await assert.rejects(client.send("halfkey/v1/audit/search", { token: "t-AAAA" }), refusedWith(401));
  });

  test("goes on after a restart, and is whole", async () => {
    const size = (await search(gateway)).length;
    await gateway.stop();
    gateway = await halves.startGateway();
    assert.equal((await search(gateway)).slice(0, size).length, size);
    const { bad, leaves, k } = await verify(gateway);
    assert.deepEqual([bad, k], [[], 1]);
    assert(leaves > size);
  });

  test("counts a flood of failures, and tells it in one entry", async () => {
    const size = (await search(gateway)).length;
    const { client } = gateway;
    const { accessId } = halves.credentials();
    const wrong = { "access-id": accessId, "access-key": "d3Jvbmc=", "access-type": "access_key" };
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 150 }, () => client.send("auth", wrong)),
      ...Array.from({ length: 50 }, () =>
        client.send("get-secret-value", { names: [path], token: "t-AAAA" }),
      ),
      ...Array.from({ length: 20 }, () => client.send("list-items", {})),
    ]);
    assert(outcomes.every(({ status }) => status === "rejected"));
    await gateway.stop();
    gateway = await halves.startGateway();
    const [entry, login, ...more] = (await search(gateway)).slice(size) as (AuditEntry & {
      sources: object;
    })[];
    assert.equal(entry?.op, "failures");
    assert.deepEqual(entry?.sources, { "127.0.0.0/24": { login: 150, E_TOKEN: 70 } });
    assert.deepEqual([login?.op, more], ["login", []]);
  });

  test("kill -9 under load loses no entry of an answered read", async () => {
    const size = (await search(gateway)).length;
    const answered = await readUntilKilled(
      gateway,
      halves.credentials(),
      join(halves.gatewayData(), "tls", "ca.pem"),
    );
    gateway.client.close();
    assert(answered.length > 200, `only ${answered.length} reads`);
    gateway = await halves.startGateway();
    const entries = (await search(gateway)).slice(size);
    const logged = new Set(entries.map(({ req }) => req));
    assert.deepEqual(
      answered.filter((req) => !logged.has(req)),
      [],
    );
    assert.deepEqual(await verify(gateway).then(({ bad, k }) => [bad, k]), [[], 1]);
  });

  test("holds no value and no name in clear", async () => {
    await gateway.stop();
    const files = filesOf(auditFolder);
    assert(Object.keys(files).length >= 3);
    const { accessId, accessKey } = halves.credentials();
    const needles = {
      value,
      path,
      folder,
      accessId,
      accessKey,
      description: "a description",
      tag: "a-tag-of-it",
    };
    assert.deepEqual(findNeedles(needles, files), []);
    gateway = await halves.startGateway();
  });
});

/** Reads from several connections at once, kills the gateway, and gives the request ids of all whole answers. */
async function readUntilKilled(
  { url, half, client }: RunningGateway,
  credentials: { accessId: string; accessKey: string },
  caFile: string,
): Promise<string[]> {
  const { accessId, accessKey } = credentials;
  const { token } = await client.send("auth", { "access-id": accessId, "access-key": accessKey });
  const agent = new Agent({ ca: readFileSync(caFile), keepAlive: true, maxSockets: 16 });
  const answered: string[] = [];
  const read = () =>
    new Promise<boolean>((resolve) => {
      const sent = request(
        `${url}/akeyless-api/v2/get-secret-value`,
        { method: "POST", agent, headers: { "content-type": "application/json" } },
        (response) => {
          response.resume();
          response.once("error", () => resolve(false));
          response.once("end", () => {
            if (response.complete && response.statusCode === 200)
              answered.push(String(response.headers["halfkey-request"]));
            resolve(response.complete);
          });
        },
      );
      sent.once("error", () => resolve(false));
      sent.end(JSON.stringify({ names: ["/mdapi/moved/other"], token }));
    });
  const readers = Array.from({ length: 16 }, async () => {
    while (await read());
  });
  await until("enough reads", () => answered.length > 300);
  process.kill(half.pid, "SIGKILL");
  await Promise.all(readers);
  await half.ended;
  agent.destroy();
  return answered;
}

describe("a log that somebody touches", () => {
  const halves = new Halves();
  const auditFolder = join(halves.gatewayData(), "audit");
  const kept = join(halves.folder, "audit-as-written");
  const leaves = join(auditFolder, "1", "0000000000000000.leaves");
  let written = Buffer.alloc(0);

  before(async () => {
    await halves.startVault();
    await halves.initGateway();
    const gateway = await halves.startGateway();
    await gateway.client.call("create-secret", { name: path, value });
    for (let at = 0; at < 10; at += 1) await gateway.client.call("get-secret-value", { names: [path] });
    await gateway.stop();
    cpSync(auditFolder, kept, { recursive: true });
    written = readFileSync(leaves);
  });
  after(() => halves.stop());

  const leafBytes = 614 + 9;
  /** 12 leaves: a login, a creation, ten reads. */
  const startOf = (index: number) => written.length - (12 - index) * leafBytes;
  const leaf = (index: number) => Buffer.from(written.subarray(startOf(index), startOf(index + 1)));

  async function touched(change: () => void): Promise<{ bad: string[]; entries: AuditEntry[]; log: string }> {
    rmSync(auditFolder, { recursive: true });
    cpSync(kept, auditFolder, { recursive: true });
    change();
    const logged = readFileSync(halves.gatewayLog).length;
    const gateway = await halves.startGateway();
    try {
      // Whatever was found: it serves, and what happens is recorded.
      await gateway.client.call("get-secret-value", { names: [path] });
      const { bad } = await verify(gateway);
      const page = await gateway.client.call("halfkey/v1/audit/search", { limit: 3 });
      const { entries } = page as unknown as AuditSearchReply;
      return { bad, entries, log: readFileSync(halves.gatewayLog).subarray(logged).toString() };
    } finally {
      await gateway.stop();
    }
  }

  const write = (...parts: Uint8Array[]) =>
    writeFileSync(leaves, Buffer.concat([written.subarray(0, startOf(0)), ...parts]));
  const all = () => Array.from({ length: 12 }, (_, index) => leaf(index));

  test("untouched, it goes on", async () => {
    const { bad, entries } = await touched(() => {});
    assert.deepEqual(bad, []);
    assert.deepEqual(
      entries.map(({ k, index, op }) => [k, index, op]),
      [
        [1, 13, "read"],
        [1, 12, "login"],
        [1, 11, "read"],
      ],
    );
  });

  test("an edited leaf is named, though its checksum was mended", async () => {
    const { bad } = await touched(() => {
      const edited = leaf(5);
      edited[200] = (edited[200] ?? 0) ^ 1;
      edited.writeUInt32BE(crc32(edited.subarray(4, -4)), edited.length - 4);
      write(...all().with(5, edited));
    });
    assert.equal(bad[0], "1:5");
  });

  // From here on the account knows later logs than the one that each case begins with.
  test("a log that was cut off is not gone on with: the next begins and says where", async () => {
    const { bad, entries, log } = await touched(() => truncateSync(leaves, startOf(7) + 100));
    assert.equal(bad[0], "1:7");
    const begun = entries.at(-1) as (AuditEntry & { because?: string }) | undefined;
    assert.equal(begun?.op, "log-begun");
    assert.match(begun?.because ?? "", /leaf 7: ends here, but was signed with 12 leaves/);
    assert.match(log, /began a new one/);
  });

  test("a deleted leaf, two that changed places and a doubled one are named", async () => {
    for (const [changed, first] of [
      [all().toSpliced(3, 1), "1:3"],
      [all().with(6, leaf(7)).with(7, leaf(6)), "1:6"],
      [all().toSpliced(9, 0, leaf(8)), "1:9"],
    ] as const) {
      const { bad } = await touched(() => write(...changed));
      assert.equal(bad[0], first);
    }
  });

  test("a log set back to an older copy as a whole is not gone on with either", async () => {
    const { entries } = await touched(() => {
      rmSync(auditFolder, { recursive: true });
      mkdirSync(auditFolder, { mode: 0o700 });
    });
    const begun = entries.at(-1) as (AuditEntry & { because?: string }) | undefined;
    assert.match(begun?.because ?? "", /the account knows log \d+ of this instance, which is not here/);
  });
});

describe("a caller without rights", () => {
  const halves = new Halves();
  let gateway: RunningGateway;

  before(async () => {
    await halves.startVault();
    await halves.initGateway({ grantAll: false });
    gateway = await halves.startGateway();
  });
  after(() => halves.stop());

  test("leaves an entry for a refusal, and for too many of them one that counts the rest", async () => {
    const read = () => gateway.client.call("get-secret-value", { names: [path, `${folder}/other`] });
    const calls = {
      "get-secret-value": { names: [path] },
      "describe-item": { name: path },
      "create-secret": { name: path, value },
      "update-secret-val": { name: path, value },
      "delete-item": { name: path },
      "update-item": { name: path, "new-name": "/mdapi/x" },
    };
    for (const [command, fields] of Object.entries(calls))
      await assert.rejects(gateway.client.call(command, fields), refusedWith(401), command);
    await assert.rejects(read(), refusedWith(401));
    const entries = await search(gateway);
    assert.deepEqual(entries.map(gist), [
      "login ok",
      ...["read", "describe", "create", "update", "delete", "change"].map((op) => `${op} ${path} refused`),
      `read ${path} refused`,
      `read ${folder}/other refused`,
    ]);
    assert(entries.slice(1).every(({ code }) => code === "E_DENIED"));

    await Promise.allSettled(Array.from({ length: 100 }, read));
    await gateway.stop();
    gateway = await halves.startGateway();
    const later = await search(gateway);
    const refusals = later.filter(({ ok, op }) => ok === false && op !== "denials");
    assert.equal(refusals.length, 20);
    const summary = later.find(({ op }) => op === "denials") as AuditEntry & {
      tokens: { suppressed: number }[];
    };
    assert.equal(summary.tokens[0]?.suppressed, 8 + 200 - 20);
  });
});

test("who is no admin reads nothing of the log, and leaves an entry when he tries", async () => {
  const halves = new Halves();
  try {
    await halves.startVault();
    await halves.initGateway();
    const gateway = await halves.startGateway();
    const made = await gateway.client.call("create-auth-method", { name: "somebody" });
    const { token } = await gateway.client.send("auth", {
      "access-id": made.access_id,
      "access-key": made.access_key,
    });
    const questions = { search: {}, tail: { after: "1:0", waitSeconds: 20 }, verify: {} };
    for (const [name, fields] of Object.entries(questions)) {
      await assert.rejects(
        gateway.client.send(`halfkey/v1/audit/${name}`, { ...fields, token }),
        refusedWith(401),
      );
    }
    const entries = await search(gateway, { who: made.access_id });
    assert.deepEqual(entries.map(gist), [
      "login ok",
      ...Object.keys(questions).map((name) => `audit-${name} refused`),
    ]);
    assert.equal((await search(gateway, { path: "/somebody" }))[0]?.op, "create-auth-method");
  } finally {
    await halves.stop();
  }
});

const mountable = canMount();

describe("an audit disk that is full", {
  skip: mountable ? false : "needs root, for a small file system",
}, () => {
  const halves = new Halves();
  let isMounted = false;
  const auditFolder = join(halves.gatewayData(), "audit");

  after(async () => {
    await halves.stopAll();
    if (isMounted) execFileSync("umount", [auditFolder]);
    await halves.stop();
  });

  test("stops reads and writes, not descriptions; they go on by themselves when there is room", async () => {
    await halves.startVault();
    await halves.initGateway();
    mkdirSync(auditFolder, { recursive: true });
    for (const name of readdirSync(auditFolder)) rmSync(join(auditFolder, name), { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", auditFolder]);
    isMounted = true;
    const gateway = await halves.startGateway();
    const { client } = gateway;
    const read = () => client.call("get-secret-value", { names: [path] });
    await client.call("create-secret", { name: path, value });
    const filler = join(auditFolder, "filler");
    writeFileSync(filler, Buffer.alloc(100 * 1024));
    let reads = 0;
    await assert.rejects(async () => {
      for (; reads < 1000; reads += 1) await read();
    }, refusedWith(503));
    assert(reads > 50);
    for (let at = 0; at < 5; at += 1) await assert.rejects(read(), refusedWith(503));
    await assert.rejects(client.call("update-secret-val", { name: path, value: "2" }), refusedWith(503));
    assert.equal((await client.call("describe-item", { name: path })).last_version, 1);
    assert.equal((await search(gateway, { op: "read" })).length, reads);

    rmSync(filler);
    await until("reads go on", () =>
      read().then(
        () => true,
        () => false,
      ),
    );
    await client.call("update-secret-val", { name: path, value: "2" });
    assert.deepEqual(await verify(gateway).then(({ bad, k }) => [bad, k]), [[], 1]);
    await gateway.stop();
  });
});

function canMount(): boolean {
  const probe = join("/tmp", `halfkey-mount-${process.pid}`);
  try {
    mkdirSync(probe);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", probe], { stdio: "ignore" });
    execFileSync("umount", [probe]);
    return true;
  } catch {
    return false;
  } finally {
    if (existsSync(probe)) rmSync(probe, { recursive: true });
  }
}
