import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import {
  enrolmentCodeHash,
  fromBase64Url,
  generateEnrolmentCode,
  keyCheckContext,
  keyCheckValue,
  randomBytes,
  signRequest,
  toBase64Url,
  verifyReply,
} from "@halfkey/crypto";
import { createLog, listen } from "@halfkey/runtime";
import { FragmentKeeper } from "./fragment/fragment-keeper.ts";
import { openSqliteStore } from "./store/sqlite/sqlite-store.ts";
import type { Append, VaultStore } from "./store/vault-store.ts";
import { appendBody, TestAccount } from "./test-account.ts";
import { VaultKeys } from "./vault-keys.ts";
import { createVaultServer } from "./vault-server.ts";

export interface Reply {
  status: number;
  code: string | undefined;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  body: any;
  /** undefined: not signed. */
  genuine: boolean | undefined;
}

/** What a request looks like before and after signing, for tests that tamper with it. */
export interface Signing {
  time?: number;
  tamper?(sent: { headers: Record<string, string>; body: Buffer; target: string; method: string }): void;
}

/** Signs requests as a gateway does, towards any vault. */
export class TestClient {
  readonly url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 100 });

  constructor(url: string) {
    this.url = url;
  }

  async call(
    account: TestAccount,
    method: string,
    target: string,
    body?: unknown,
    signing: Signing = {},
  ): Promise<Reply> {
    const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
    const { authorization, mac } = signRequest({
      key: account.vaultKey,
      method,
      target,
      instance: account.name,
      time: signing.time ?? Date.now(),
      body: bytes,
    });
    const sent = { headers: { authorization }, body: bytes, target, method };
    signing.tamper?.(sent);
    const reply = await this.send(sent.method, sent.target, sent.body, sent.headers);
    const header = reply.headers["halfkey-mac"];
    const genuine =
      typeof header === "string"
        ? verifyReply({
            key: account.vaultKey,
            requestMac: mac,
            status: reply.status,
            body: Buffer.from(reply.text),
            mac: header,
          })
        : undefined;
    return { ...reply, genuine };
  }

  /** As `call`, for what must succeed. */
  async ask(account: TestAccount, method: string, target: string, body?: unknown) {
    const reply = await this.call(account, method, target, body);
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.genuine, true);
    return reply.body;
  }

  append(account: TestAccount, append: Append): Promise<Reply> {
    return this.call(account, "POST", "/v1/append", appendBody(append));
  }

  async accepted(account: TestAccount, append: Append): Promise<void> {
    const reply = await this.append(account, append);
    assert.equal(reply.status, 200, reply.text);
    account.accept(append);
  }

  enrol(account: TestAccount, code: string, more: object = {}): Promise<Reply> {
    const body = {
      code,
      account: account.account.toString("hex"),
      instance: account.name,
      key: toBase64Url(account.vaultKey),
      ...more,
    };
    return this.send("POST", "/v1/enrol", Buffer.from(JSON.stringify(body)), {});
  }

  async kcvOf(account: TestAccount, epoch: number): Promise<string> {
    const x = toBase64Url(keyCheckContext(account.account, 0, epoch));
    const { shares } = await this.ask(account, "POST", "/v1/share", { x: [x] });
    return keyCheckValue(fromBase64Url(shares[0].share, 32));
  }

  send(method: string, target: string, body: Buffer, headers: Record<string, string>): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(this.url);
      const json =
        body.length === 0
          ? {}
          : { "content-type": "application/json", "content-length": String(body.length) };
      const options = {
        host: hostname,
        port,
        method,
        path: target,
        agent: this.#agent,
        headers: { ...json, ...headers },
      };
      const sent = httpRequest(options, (reply) => {
        const parts: Buffer[] = [];
        reply.on("data", (part) => parts.push(part));
        reply.on("error", reject);
        reply.on("end", () => {
          const text = Buffer.concat(parts).toString("utf8");
          const code = reply.headers["halfkey-code"];
          resolve({
            status: reply.statusCode ?? 0,
            code: typeof code === "string" ? code : undefined,
            headers: reply.headers,
            text,
            body: text === "" ? undefined : JSON.parse(text),
            genuine: undefined,
          });
        });
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** A vault in this process, on a database of its own, with a client. */
export class TestVault extends TestClient {
  readonly store: VaultStore;
  readonly folder: string;
  readonly file: string;
  readonly logged: string[];
  readonly rootKey: Buffer;
  /** Added to the vault's clock, in milliseconds. */
  clock: { offset: number };
  readonly #stop: () => Promise<void>;

  private constructor(parts: {
    url: string;
    store: VaultStore;
    folder: string;
    file: string;
    logged: string[];
    rootKey: Buffer;
    clock: { offset: number };
    stop: () => Promise<void>;
  }) {
    super(parts.url);
    this.store = parts.store;
    this.folder = parts.folder;
    this.file = parts.file;
    this.logged = parts.logged;
    this.rootKey = parts.rootKey;
    this.clock = parts.clock;
    this.#stop = parts.stop;
  }

  /** @param wrap Lets a test stand between server and store. */
  static async start(wrap: (store: VaultStore) => VaultStore = (store) => store): Promise<TestVault> {
    const folder = mkdtempSync(join(tmpdir(), "halfkey-vault-"));
    const file = join(folder, "vault.sqlite");
    const store = wrap(openSqliteStore(file, { create: true }));
    const rootKey = randomBytes(32);
    const clock = { offset: 0 };
    const logged: string[] = [];
    const destination = new PassThrough();
    destination.on("data", (line) => logged.push(String(line)));
    const { server, stop } = createVaultServer({
      store,
      keys: new VaultKeys(rootKey),
      keeper: new FragmentKeeper(store, rootKey),
      log: createLog({ name: "vault", level: "debug", destination }),
      now: () => Date.now() + clock.offset,
    });
    const { port } = await listen(server, { host: "127.0.0.1", port: 0 });
    return new TestVault({
      url: `http://127.0.0.1:${port}`,
      store,
      folder,
      file,
      logged,
      rootKey,
      clock,
      stop,
    });
  }

  async code(bound: { account?: Buffer; rekeys?: Buffer } = {}): Promise<string> {
    const code = generateEnrolmentCode();
    await this.store.createCode({
      hash: enrolmentCodeHash(code),
      account: bound.account ?? null,
      rekeys: bound.rekeys ?? null,
      expires: Date.now() + 900_000,
    });
    return code;
  }

  async enrolled(): Promise<TestAccount> {
    const account = new TestAccount();
    const reply = await this.enrol(account, await this.code());
    assert.equal(reply.status, 201, reply.text);
    return account;
  }

  /** An account with entry 0. */
  async started(): Promise<TestAccount> {
    const account = await this.enrolled();
    await this.accepted(account, account.first(await this.kcvOf(account, 1)));
    return account;
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  async end(): Promise<void> {
    this.close();
    await this.#stop();
    await this.store.close();
    rmSync(this.folder, { recursive: true });
  }
}
