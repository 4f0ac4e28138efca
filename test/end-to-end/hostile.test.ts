// Hostile requests, each refused as it should be, changing nothing and telling nothing. Numbers are those of
// docs/attacks.md. What is accepted though it looks odd stands in odd-names.test.ts.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { commands } from "../../packages/gateway/src/akeyless/commands.ts";
import { ownCommands } from "../../packages/gateway/src/routes/own-commands.ts";
import { bodyCases } from "../hostile/body-cases.ts";
import { accessKeyCases, tokenCases } from "../hostile/credential-cases.ts";
import { fieldCases } from "../hostile/field-cases.ts";
import { type HostileCase, kept, own, v2 } from "../hostile/hostile-case.ts";
import { httpCases } from "../hostile/http-cases.ts";
import { nameCases } from "../hostile/name-cases.ts";
import { type AkeylessClient, createAkeylessClient } from "../support/akeyless-client.ts";
import { GatewayHttp, type HttpAnswer } from "../support/gateway-http.ts";
import { gatewayPage } from "../support/gateway-page.ts";
import { isAlive } from "../support/processes.ts";
import { type Product, startProduct } from "../support/product.ts";
import { openSocket, type RawAnswer, sendRaw } from "../support/raw-http.ts";
import { residentBytes } from "../support/resident-bytes.ts";

const needle = `needle-${crypto.randomUUID()}`;
/** No answer takes longer, however long the request is. */
const answerMs = 3000;
const grownBytesMax = 300 * 1024 * 1024;

describe("a gateway under hostile requests", () => {
  let product: Product;
  let client: AkeylessClient;
  let http: GatewayHttp;
  let token: string;
  let unchanged: string;
  let secrets: string[];
  let pids: number[];
  let residentBefore: number;

  before(async () => {
    product = await startProduct();
    client = createAkeylessClient(product.dev);
    http = new GatewayHttp(product.dev);
    await client.call("create-secret", { name: kept, value: needle, description: "kept", tags: ["kept"] });
    const { accessId, accessKey, pids: running } = product.dev;
    token = String((await client.send("auth", { "access-id": accessId, "access-key": accessKey })).token);
    secrets = [needle, token, token.slice(2), accessKey];
    pids = [running.gateway, running.vault];
    unchanged = await state();
    residentBefore = residentBytes(running.gateway);
  });
  after(async () => {
    client?.close();
    http?.close();
    await product?.stop();
  });

  /** All that a hostile request could have changed. */
  async function state(): Promise<string> {
    const asked = [
      client.call("list-items", {}),
      client.call("list-roles", {}),
      client.call("list-auth-methods", {}),
      http.ask({ path: own("trash"), body: { token } }).then(({ text }) => text),
    ];
    return JSON.stringify(await Promise.all(asked));
  }

  async function answerTo({ request, anonymous, raw, head }: HostileCase): Promise<HttpAnswer | RawAnswer> {
    if (raw !== undefined) {
      const { answers } = await sendRaw(product.dev, raw, head === undefined ? {} : { withoutBodies: true });
      assert.equal(answers.length, 1, "one request has one answer");
      return answers[0] as RawAnswer;
    }
    assert(request !== undefined);
    let { body } = request;
    if (typeof body === "string") body = body.replaceAll("$TOKEN", token);
    else if (body !== undefined && !(body instanceof Uint8Array) && !anonymous) body = { ...body, token };
    return http.ask({ ...request, ...(body === undefined ? {} : { body }) });
  }

  /** The one form of every refusal. */
  function assertRefusal(answer: HttpAnswer | RawAnswer, status: number, code: string, isDescribe: boolean) {
    const text = "text" in answer ? answer.text : answer.body;
    assert.equal(`${answer.status} ${answer.headers["halfkey-code"]}`, `${status} ${code}`, text);
    const whole = text + JSON.stringify(answer.headers);
    for (const secret of secrets) assert(!whole.includes(secret), "an answer tells a secret");
    assert(!Object.keys(answer.headers).some((header) => header.startsWith("access-control-")));
    if (text === "") return;
    assert.match(answer.headers["content-type"] ?? "", /^application\/json/);
    const { error, ...rest } = JSON.parse(text);
    assert.equal(typeof error, "string");
    assert(error.length > 0 && error.length < 1000, error);
    assert.doesNotMatch(error, /\n|\bat .*\.ts:|node_modules|SQLITE/);
    assert.deepEqual(rest, isDescribe && status !== 404 ? { item_name: false } : {});
  }

  async function assertRefused(hostile: HostileCase): Promise<void> {
    const began = performance.now();
    const answer = await answerTo(hostile);
    const tookMs = performance.now() - began;
    const isDescribe = hostile.request?.path.split("?")[0] === v2("describe-item");
    assertRefusal(answer, hostile.status, hostile.code, isDescribe);
    assert(tookMs < answerMs, `answered after ${Math.round(tookMs)} ms`);
    assert.equal(JSON.stringify((await client.call("list-items", {})).items), listed());
  }
  const listed = () => JSON.stringify((JSON.parse(unchanged)[0] as { items: unknown }).items);

  describe("at the same time", { concurrency: true }, () => {
    describe("refuses, one by one", { concurrency: 1 }, () => {
      const tables: Record<string, readonly HostileCase[]> = { httpCases, bodyCases, nameCases, fieldCases };
      for (const cases of Object.values(tables)) {
        for (const hostile of cases) it(hostile.name, () => assertRefused(hostile));
      }

      it("22, 25, 33: tokens that are none", async (t) => {
        for (const hostile of tokenCases(token)) await t.test(hostile.name, () => assertRefused(hostile));
      });

      it("33: credentials that are none", async (t) => {
        const { accessId, accessKey } = product.dev;
        for (const hostile of accessKeyCases(accessId, accessKey))
          await t.test(hostile.name, () => assertRefused(hostile));
      });

      it("22: every refusal of every command has the one form", async () => {
        const built = [
          ...[...commands.values()].map((command) => ({ command, path: v2(command.name) })),
          ...[...ownCommands.values()].map((command) => ({ command, path: own(command.name) })),
        ];
        for (const { command, path } of built) {
          const isDescribe = command.errorFields !== undefined;
          const refuses = async (
            body: object | string,
            headers: Record<string, string>,
            expected: string,
          ) => {
            const answer = await http.ask({ path, body, headers });
            const [status, code] = expected.split(" ");
            assertRefusal(answer, Number(status), code ?? "", isDescribe);
          };
          if (!command.open) {
            await refuses({}, {}, "401 E_TOKEN");
            await refuses("", {}, "401 E_TOKEN");
            await refuses({ token: [token] }, {}, "401 E_TOKEN");
            await refuses({ token: "t-no" }, {}, "401 E_TOKEN");
          }
          await refuses("[]", {}, "400 E_INPUT");
          await refuses("{", {}, "400 E_INPUT");
          await refuses("x", { "content-type": "text/plain" }, "400 E_INPUT");
          await refuses("{}", { "content-encoding": "gzip" }, "400 E_INPUT");
          await refuses("[".repeat(1000), {}, "400 E_INPUT");
          const raw = `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9000000\r\n\r\n`;
          const { answers } = await sendRaw(product.dev, raw);
          assertRefusal(answers[0] as RawAnswer, 413, "E_TOO_LARGE", isDescribe);
          for (const required of command.request.required ?? []) {
            const body = command.open ? {} : { token };
            const { status, text } = await http.ask({ path, body: { ...body, [required]: null } });
            assert([400, 401].includes(status), `${command.name} without ${required}: ${status} ${text}`);
          }
        }
        assert.equal(await state(), unchanged);
      });

      it("20: a page of another origin gets no right to read an answer", async () => {
        const origins = ["null", "https://evil.example", "file://"];
        for (const origin of origins) {
          const headers = { origin, host: "evil.example", "sec-fetch-site": "cross-site" };
          const answer = await http.ask({ path: v2("list-items"), headers, body: {} });
          assertRefusal(answer, 401, "E_TOKEN", false);
          const page = await http.ask({ path: "/health", method: "GET", headers });
          assert.equal(page.headers["access-control-allow-origin"], undefined);
        }
      });

      it("17: a chunked body that never ends is cut off at the limit", async () => {
        const chunk = `10000\r\n${"a".repeat(0x10000)}\r\n`;
        const start = `POST ${v2("list-items")} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
        const { answers } = await sendRaw(product.dev, [start, ...Array.from({ length: 160 }, () => chunk)]);
        assertRefusal(answers[0] as RawAnswer, 413, "E_TOO_LARGE", false);
      });

      it("17, 18: pipelined requests are answered one for one, in order", async () => {
        const body = JSON.stringify({ token, name: kept });
        const asked = (command: string) =>
          `POST ${v2(command)} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
        const names = Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? "get-tags" : "describe-item"));
        const { answers } = await sendRaw(product.dev, names.map(asked).join(""), { answers: 100 });
        assert.equal(answers.length, 100);
        answers.forEach(({ status, body: text }, at) => {
          assert.equal(status, 200);
          assert.equal(Array.isArray(JSON.parse(text)), at % 2 === 0);
        });
        // Behind a request that is none, nothing is believed any more.
        const spoiled = `${asked("get-tags")}GARBAGE\r\n\r\n${asked("delete-item")}`;
        const exchange = await sendRaw(product.dev, spoiled, { answers: 3 });
        assert.equal(exchange.closed, true);
        assert(exchange.answers.length <= 2);
        assert.equal(await state(), unchanged);
      });

      it("16, 17: many great bodies at once are bounded in number", async () => {
        const start = `POST ${v2("list-items")} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 8000000\r\n\r\n{`;
        const sockets = await Promise.all(Array.from({ length: 40 }, () => openSocket(product.dev)));
        const refusals: string[] = [];
        for (const socket of sockets) {
          socket.on("data", (data) => refusals.push(data.toString())).on("error", () => {});
          socket.write(start);
        }
        await sleep(500);
        const small = await http.ask({ path: v2("get-tags"), body: { token, name: kept } });
        assert.equal(small.status, 200, "small requests go on");
        for (const socket of sockets) socket.destroy();
        assert(refusals.length >= 5, `${refusals.length} refused`);
        for (const text of refusals) assert.match(text, /^HTTP\/1\.1 429 [\s\S]*halfkey-code: E_RATE/);
        await sleep(100);
        const great = await http.ask({ path: v2("list-items"), body: { token, pad: "x".repeat(1_000_000) } });
        assert.equal(great.status, 200, "the room is free again");
      });

      it("17: 3,000 idle connections hinder nobody", async () => {
        const { hostname, port } = new URL(product.dev.gatewayUrl);
        const idle: Socket[] = [];
        try {
          for (let at = 0; at < 3000; at += 1) {
            const socket = connect(Number(port), hostname);
            socket.on("error", () => {});
            idle.push(socket);
          }
          await sleep(500);
          const { status } = await http.ask({ path: v2("get-tags"), body: { token, name: kept } });
          assert.equal(status, 200);
        } finally {
          for (const socket of idle) socket.destroy();
        }
      });
    });

    describe("17: slow senders, meanwhile", { concurrency: true }, () => {
      const drip = async (start: string, piece: string, withinMs: number) => {
        const socket = await openSocket(product.dev);
        const began = performance.now();
        let text = "";
        const closed = Promise.withResolvers<void>();
        socket.on("data", (data: Buffer) => {
          text += data.toString();
        });
        socket.on("error", () => closed.resolve()).on("close", () => closed.resolve());
        socket.write(start);
        const timer = setInterval(() => socket.write(piece), 1000);
        const limit = setTimeout(() => closed.resolve(), withinMs + 5000);
        await closed.promise;
        clearInterval(timer);
        clearTimeout(limit);
        socket.destroy();
        const tookMs = performance.now() - began;
        assert(tookMs < withinMs, `open for ${Math.round(tookMs / 1000)} s`);
        return text;
      };

      it("a header a second is cut off", async () => {
        const text = await drip("POST / HTTP/1.1\r\nHost: a\r\n", "X-A: b\r\n", 25_000);
        assert.match(text, /^HTTP\/1\.1 408 [\s\S]*halfkey-code: E_INPUT[\s\S]*{"error":/);
      });

      it("silence behind the handshake is cut off", async () => {
        await drip("", "", 25_000);
      });

      it("a byte of the body a second is cut off", async () => {
        const start = `POST ${v2("list-items")} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n`;
        const text = await drip(start, "{", 40_000);
        assert.match(text, /^HTTP\/1\.1 408 [\s\S]*halfkey-code: E_INPUT[\s\S]*{"error":/);
      });

      it("no handshake at all is cut off", async () => {
        const { hostname, port } = new URL(product.dev.gatewayUrl);
        // Unread, the end would not be noticed.
        const socket = connect(Number(port), hostname).resume();
        const began = performance.now();
        const { promise, resolve } = Promise.withResolvers<void>();
        socket.on("error", () => resolve()).on("close", () => resolve());
        const limit = setTimeout(resolve, 20_000);
        await promise;
        clearTimeout(limit);
        socket.destroy();
        assert(performance.now() - began < 15_000);
      });
    });
  });

  it("lives on: the same processes, ready, in bounded memory, with nothing changed", async (t) => {
    for (const pid of pids) assert(isAlive(pid), `process ${pid} has ended`);
    assert.deepEqual(product.dev.pids, { gateway: pids[0], vault: pids[1] });
    const { status, body } = await gatewayPage(product.dev, "/ready");
    assert.equal(status, 200);
    const { ready, gateway, vault, alarm } = body as Record<string, unknown>;
    assert.deepEqual([ready, gateway, vault, alarm], [true, "unsealed", "ok", null]);
    assert.equal(await state(), unchanged);
    const grown = residentBytes(product.dev.pids.gateway) - residentBefore;
    t.diagnostic(`grown by ${Math.round(grown / 1024 / 1024)} MiB`);
    assert(grown < grownBytesMax, `grown by ${grown} bytes`);
    assert.deepEqual(await client.call("get-secret-value", { names: [kept] }), { [kept]: needle });
  });

  it("9, 16: has no defect and no secret in its logs", () => {
    for (const half of ["gateway", "vault"]) {
      const log = readFileSync(join(product.dataDir, "logs", `${half}.log`), "utf8");
      for (const secret of secrets) assert(!log.includes(secret), `the ${half}'s log tells a secret`);
      const defects = log.split("\n").filter((text) => /E_INTERNAL|"level":"(error|fatal)"/.test(text));
      assert.deepEqual(defects, []);
    }
  });

  it("21: believes no header about where a request comes from", async () => {
    const headers = {
      "x-forwarded-for": "203.0.113.7",
      forwarded: "for=203.0.113.7",
      "x-real-ip": "203.0.113.7",
      "x-client-cert": "admin",
    };
    for (let at = 0; at < 5; at += 1) await http.ask({ path: v2("list-items"), body: {}, headers });
    // What fails before anybody is authenticated is counted by network, and written at the latest now.
    await product.restart();
    const { text } = await http.ask({ path: own("audit/search"), body: { token, op: "failures" } });
    const { entries } = JSON.parse(text) as { entries: object[] };
    assert(entries.length > 0);
    const told = JSON.stringify(entries);
    assert.match(told, /127\.0\.0/);
    assert.doesNotMatch(told, /203\.0\.113/);
    for (const secret of secrets) assert(!told.includes(secret));
  });
});
