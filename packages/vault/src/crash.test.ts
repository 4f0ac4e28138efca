import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  decodeEntry,
  encodeContext,
  fromBase64Url,
  JournalState,
  purposes,
  randomBytes,
  toBase64Url,
} from "@halfkey/crypto";
import type { Append } from "./store/vault-store.ts";
import { TestAccount } from "./test-account.ts";
import { runWrapped, ServingVault } from "./test-program.ts";
import { TestClient } from "./test-vault.ts";

const base = mkdtempSync(join(tmpdir(), "halfkey-vault-crash-"));
after(() => rmSync(base, { recursive: true }));

const rounds = 5;
const writersAtOnce = 6;

async function started(
  client: TestClient,
  code: (account?: TestAccount) => Promise<string>,
): Promise<TestAccount> {
  const account = new TestAccount();
  const reply = await client.enrol(account, await code());
  assert.equal(reply.status, 201, reply.text);
  await client.accepted(account, account.first(await client.kcvOf(account, 1)));
  return account;
}

const codeFrom =
  (data: string, wrap: string[] = []) =>
  async () => {
    const { stdout, stderr } = await runWrapped(
      wrap,
      "enrol-code",
      "--new-account",
      "--data",
      data,
      "--json",
    );
    assert.notEqual(stdout, "", stderr);
    return JSON.parse(stdout).code;
  };

/** One account that writes until the connection breaks. */
class Writer {
  readonly account: TestAccount;
  acknowledged = 0;
  inFlight: Append | undefined;

  constructor(account: TestAccount) {
    this.account = account;
  }

  async writeUntilBroken(client: TestClient): Promise<void> {
    for (;;) {
      const blobs = [{ id: randomBytes(16) }];
      this.inFlight = this.account.next({ put: [{ name: `/${this.account.state.seq % 7}`, blobs }] });
      const reply = await client.append(this.account, this.inFlight).catch(() => undefined);
      if (reply === undefined) return;
      assert.equal(reply.status, 200, reply.text);
      this.account.accept(this.inFlight);
      this.acknowledged += 1;
      this.inFlight = undefined;
    }
  }

  /** Everything acknowledged is there, once, with its record and blob; the last one sent is there whole or not at all. */
  async check(client: TestClient): Promise<void> {
    const { account } = this;
    const { seq, entries } = await client.ask(
      account,
      "GET",
      `/v1/journal?from=${Math.max(0, account.state.seq)}`,
    );
    assert(seq === account.state.seq || seq === account.state.seq + 1, "an acknowledged entry is missing");
    assert.deepEqual(fromBase64Url(entries[0]), account.state.headBytes);
    if (seq > account.state.seq) {
      assert(this.inFlight !== undefined, "an entry that nobody sent");
      assert.deepEqual(fromBase64Url(entries[1]), this.inFlight.entry);
      account.accept(this.inFlight);
      await this.#checkParts(client, this.inFlight, true);
    } else if (this.inFlight !== undefined) await this.#checkParts(client, this.inFlight, false);
    this.inFlight = undefined;
  }

  async #checkParts(client: TestClient, { records, blobs }: Append, isThere: boolean): Promise<void> {
    const [record] = records;
    const [blob] = blobs;
    assert(record && blob);
    const found = await client.ask(this.account, "POST", "/v1/records", { ids: [toBase64Url(record.id)] });
    assert.equal(found.records[0] === toBase64Url(record.sealed), isThere);
    const x = toBase64Url(
      encodeContext({
        account: this.account.account,
        purpose: purposes.wrap,
        id: record.id,
        version: 1,
        customerEpoch: 1,
        vaultEpoch: 1,
        salt: randomBytes(32),
      }),
    );
    const body = { opens: [{ x, blob: toBase64Url(blob.id) }] };
    const { opens } = await client.ask(this.account, "POST", "/v1/open", body);
    assert.equal(opens[0].blob === toBase64Url(blob.bytes), isThere);
    assert.equal(opens[0].blob === null, !isThere);
  }

  /** The whole chain from entry 0 applies, and the records are those of its trie. */
  async checkAll(client: TestClient): Promise<void> {
    const { account } = this;
    let state = JournalState.empty(account.account);
    while (state.seq < account.state.seq) {
      const { entries } = await client.ask(account, "GET", `/v1/journal?from=${state.seq + 1}`);
      for (const entry of entries) state = state.apply(decodeEntry(fromBase64Url(entry)));
    }
    assert.deepEqual(state.hash, account.state.hash);
  }
}

function acknowledgedBy(writers: Writer[]): number {
  return writers.reduce((sum, writer) => sum + writer.acknowledged, 0);
}

describe("a vault that is killed", () => {
  it(`with -9 under load, ${rounds} times, has every acknowledged append once, and nothing half`, async () => {
    const data = join(base, "killed");
    let vault = await ServingVault.start(data, ["--no-tls", "--log-level", "error"]);
    let client = new TestClient(vault.url);
    const accounts = await Promise.all(
      Array.from({ length: writersAtOnce }, () => started(client, codeFrom(data))),
    );
    const writers = accounts.map((account) => new Writer(account));
    try {
      for (let round = 0; round < rounds; round += 1) {
        const writing = writers.map((writer) => writer.writeUntilBroken(client));
        await sleep(150 + 70 * round);
        // A slow machine has to have written something, too.
        const end = performance.now() + 20_000;
        while (acknowledgedBy(writers) <= 2 * (round + 1) * writersAtOnce && performance.now() < end)
          await sleep(5);
        await vault.end("SIGKILL");
        await Promise.all(writing);
        client.close();
        vault = await ServingVault.start(data, ["--no-tls", "--log-level", "error"]);
        client = new TestClient(vault.url);
        await Promise.all(writers.map((writer) => writer.check(client)));
      }
      await Promise.all(writers.map((writer) => writer.checkAll(client)));
      const acknowledged = acknowledgedBy(writers);
      assert(acknowledged > rounds * writersAtOnce, `only ${acknowledged} appends: the test shows nothing`);
    } finally {
      client.close();
      await vault.end();
    }
  });
});

describe("a vault whose disk is full", () => {
  const inNamespace = ["unshare", "--user", "--map-root-user", "--mount"];
  const canMount = (() => {
    try {
      execFileSync(inNamespace[0] ?? "", [...inNamespace.slice(1), "mount", "-t", "tmpfs", "x", "/mnt"], {
        stdio: "ignore",
      });
      return true;
    } catch {
      return false;
    }
  })();
  const skip = canMount ? false : "needs a system that lets this user mount a small file system";

  it("refuses writes with 507, keeps reading, writes nothing half, and recovers without a restart", {
    skip,
  }, async () => {
    const disk = join(base, "disk");
    mkdirSync(disk);
    const script = `mount -t tmpfs -o size=3m x ${disk} && head -c 1500000 /dev/zero > ${disk}/filler && exec "$@"`;
    const wrap = [...inNamespace, "sh", "-c", script, "sh"];
    const vault = await ServingVault.start(join(disk, "vault"), ["--no-tls", "--log-level", "error"], wrap);
    const client = new TestClient(vault.url);
    // The file system exists for that process only; others have to enter.
    const entering = [
      "nsenter",
      "--target",
      String(vault.child.pid),
      "--user",
      "--mount",
      "--preserve-credentials",
    ];
    try {
      const account = await started(client, codeFrom(join(disk, "vault"), entering));
      const filling = () =>
        account.next({ put: [{ name: "/a", blobs: [{ id: randomBytes(16), bytes: randomBytes(65_536) }] }] });
      let refusal: Awaited<ReturnType<TestClient["append"]>> | undefined;
      for (let at = 0; at < 60 && refusal === undefined; at += 1) {
        const append = filling();
        const reply = await client.append(account, append);
        if (reply.status === 200) account.accept(append);
        else refusal = reply;
      }
      assert.deepEqual(
        [refusal?.status, refusal?.code, refusal?.genuine],
        [507, "E_VAULT", true],
        refusal?.text ?? "",
      );
      assert.match(refusal?.text ?? "", /no space left/);
      const { seq, entry } = await client.ask(account, "GET", "/v1/head");
      assert.equal(seq, account.state.seq);
      assert.deepEqual(fromBase64Url(entry), account.state.headBytes);
      execFileSync(entering[0] ?? "", [...entering.slice(1), "rm", join(disk, "filler")]);
      await client.accepted(account, filling());
    } finally {
      client.close();
      await vault.end();
    }
  });

  const hasPrlimit = (() => {
    try {
      execFileSync("prlimit", ["--version"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  })();

  it("answers 503 to a write that the disk refuses for another reason, and recovers", {
    skip: !hasPrlimit,
  }, async () => {
    const data = join(base, "refusing");
    const vault = await ServingVault.start(data, ["--no-tls", "--log-level", "error"]);
    const client = new TestClient(vault.url);
    const limit = (bytes: string) =>
      execFileSync("prlimit", [`--fsize=${bytes}`, `--pid=${vault.child.pid}`]);
    try {
      const account = await started(client, codeFrom(data));
      const append = account.next({
        put: [{ name: "/a", blobs: [{ id: randomBytes(16), bytes: randomBytes(262_144) }] }],
      });
      limit("65536:unlimited");
      const refused = await client.append(account, append);
      assert.deepEqual([refused.status, refused.code, refused.genuine], [503, "E_VAULT", true], refused.text);
      assert.equal((await client.ask(account, "GET", "/v1/head")).seq, 0);
      limit("unlimited:unlimited");
      await client.accepted(account, append);
    } finally {
      client.close();
      await vault.end();
    }
  });
});
