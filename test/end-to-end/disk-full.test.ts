// A full disk, of either half: what cannot be kept is refused with a code, nothing that was acknowledged is lost,
// what needs no disk goes on, and service comes back by itself when there is room.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Half } from "../../dev/half.ts";
import { type AkeylessClient, AkeylessError } from "../support/akeyless-client.ts";
import { Halves, type RunningGateway } from "../support/halves.ts";
import { until } from "../support/processes.ts";
import { type SmallDisk, smallDisk, surviveFileLimits } from "../support/small-disk.ts";

const diskBytes = 6 * 1024 * 1024;
const valueBytes = 20_000;
/** The promise is 2 s towards the vault; the rest is for this machine. */
const answerMs = 3500;

/** Writes of which it is known what their sender was told. */
class Book {
  readonly acknowledged = new Map<string, string>();
  readonly unknown = new Map<string, string>();
  readonly codes = new Set<string>();
  readonly #client: () => AkeylessClient;
  #count = 0;

  constructor(client: () => AkeylessClient) {
    this.#client = client;
  }

  /** @returns the code of the refusal, or `ok`. */
  async create(): Promise<string> {
    this.#count += 1;
    const name = `/disk/${this.#count}`;
    const value = `${this.#count} `.padEnd(valueBytes, crypto.randomUUID());
    const began = performance.now();
    try {
      await this.#client().call("create-secret", { name, value });
      this.acknowledged.set(name, value);
      return "ok";
    } catch (error) {
      assert(error instanceof AkeylessError, String(error));
      assert.equal(error.status, 503, error.message);
      assert.deepEqual(Object.keys(JSON.parse(error.body)), ["error"]);
      assert(performance.now() - began < answerMs, "refused in time");
      if (error.code === "E_UNKNOWN" || /change was made/.test(error.body)) this.unknown.set(name, value);
      this.codes.add(error.code);
      return error.code;
    }
  }

  /** All that was acknowledged is there, and of the rest nothing is there by halves. */
  async check(): Promise<void> {
    for (const [name, value] of this.acknowledged) assert.equal(await this.#read(name), value, name);
    for (const [name, value] of this.unknown) {
      const found = await this.#read(name);
      assert(found === undefined || found === value, name);
    }
    const { items } = await this.#client().call("list-items", { path: "/disk" });
    for (const { item_name } of items as { item_name: string }[])
      assert(this.acknowledged.has(item_name) || this.unknown.has(item_name), `${item_name} was refused`);
  }

  async #read(name: string): Promise<unknown> {
    try {
      return (await this.#client().call("get-secret-value", { names: [name] }))[name];
    } catch (error) {
      if (error instanceof AkeylessError && error.status === 404) return undefined;
      throw error;
    }
  }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "ok";
  } catch (error) {
    assert(error instanceof AkeylessError, String(error));
    return `${error.status} ${error.code}`;
  }
}

interface Parts {
  halves: Halves;
  vault: Half;
  gateway: RunningGateway;
  disk: SmallDisk;
  book: Book;
}

/** Both halves, one of them with its data on a small disk. */
function useHalves(onDisk: "vault" | "gateway"): Parts {
  const parts = {} as Parts;
  before(async () => {
    Object.assign(process.env, surviveFileLimits);
    parts.halves = new Halves();
    const { halves } = parts;
    parts.disk = smallDisk(onDisk === "vault" ? halves.vaultData : halves.gatewayData(), diskBytes);
    parts.vault = await halves.startVault();
    await halves.initGateway();
    parts.gateway = await halves.startGateway();
    parts.book = new Book(() => parts.gateway.client);
  });
  after(async () => {
    delete process.env.NODE_OPTIONS;
    await parts.gateway?.stop();
    await parts.vault?.stop();
    parts.disk?.remove();
    await parts.halves?.stop();
  });
  return parts;
}

describe("the vault's disk is full", () => {
  const parts = useHalves("vault");
  let ended = false;

  it("refuses writes with a code, whoever waits", async () => {
    const { vault, gateway, disk, book } = parts;
    void Promise.race([vault.ended, gateway.half.ended]).then(() => {
      ended = true;
    });
    for (let at = 0; at < 10; at += 1) assert.equal(await book.create(), "ok");
    disk.fill(vault.pid);
    // What the database has set aside may still take a few.
    for (let at = 0; (await book.create()) === "ok"; at += 1) assert(at < 500, "the disk does not fill");
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => book.create()));
    assert(!outcomes.includes("ok"), outcomes.join());
    for (const code of book.codes) assert(["E_VAULT", "E_UNKNOWN"].includes(code), code);
  });

  it("reads, describes and lists meanwhile", async () => {
    const { gateway, book } = parts;
    for (const [name, value] of book.acknowledged) {
      assert.equal((await gateway.client.call("get-secret-value", { names: [name] }))[name], value);
    }
    assert.equal(await codeOf(gateway.client.call("describe-item", { name: "/disk/1" })), "ok");
    assert.equal(await codeOf(gateway.client.call("list-items", {})), "ok");
  });

  it("goes on by itself when there is room, without a restart", async () => {
    const { vault, disk, book } = parts;
    disk.free(vault.pid);
    await until("a write succeeds", async () => (await book.create()) === "ok");
    await book.check();
    assert.equal(ended, false);
  });

  it("has lost nothing after a restart of both halves", async () => {
    const { halves, gateway, vault, book } = parts;
    await gateway.stop();
    await vault.stop();
    parts.vault = await halves.startVault();
    parts.gateway = await halves.startGateway();
    await book.check();
  });
});

describe("the gateway's disk is full", () => {
  const parts = useHalves("gateway");
  let ended = false;

  it("refuses writes and, as nothing is read unrecorded, reads", async () => {
    const { vault, gateway, disk, book } = parts;
    void Promise.race([vault.ended, gateway.half.ended]).then(() => {
      ended = true;
    });
    for (let at = 0; at < 10; at += 1) assert.equal(await book.create(), "ok");
    disk.fill(gateway.half.pid);
    for (let at = 0; (await book.create()) === "ok"; at += 1) assert(at < 500, "the disk does not fill");
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => book.create()));
    assert(!outcomes.includes("ok"), outcomes.join());
    for (const code of book.codes) assert(["E_AUDIT", "E_UNKNOWN"].includes(code), code);
    // A page of the log that is begun still takes a few entries.
    const read = () => codeOf(gateway.client.call("get-secret-value", { names: ["/disk/1"] }));
    for (let at = 0; (await read()) === "ok"; at += 1) assert(at < 500, "reads go on unrecorded");
    assert.equal(await read(), "503 E_AUDIT");
    for (const command of ["auth", "configure"]) {
      const { accessId, accessKey } = parts.halves.credentials();
      const login = gateway.client.send(command, { "access-id": accessId, "access-key": accessKey });
      assert.equal(await codeOf(login), "503 E_AUDIT", command);
    }
  });

  it("describes and lists meanwhile", async () => {
    const { client } = parts.gateway;
    assert.equal(await codeOf(client.call("describe-item", { name: "/disk/1" })), "ok");
    assert.equal(await codeOf(client.call("list-items", {})), "ok");
    assert.equal(await codeOf(client.call("validate-token", {})), "ok");
  });

  it("goes on by itself when there is room, without a restart", async () => {
    const { gateway, disk, book } = parts;
    disk.free(gateway.half.pid);
    await until("a write succeeds", async () => (await book.create()) === "ok");
    await book.check();
    assert.equal(ended, false);
  });

  it("stops in order while it is full, and has lost nothing when it starts again", async () => {
    const { halves, gateway, disk, book } = parts;
    disk.fill(gateway.half.pid);
    const began = performance.now();
    await gateway.stop();
    assert(performance.now() - began < 10_000, "not killed");
    disk.free(gateway.half.pid);
    parts.gateway = await halves.startGateway();
    await book.check();
    assert.equal(await book.create(), "ok");
  });
});
