import assert from "node:assert/strict";
import { connect } from "node:net";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { createHttpServer, listen } from "./http-server.ts";
import { createLog } from "./log.ts";

async function serverWithLog() {
  const destination = new PassThrough();
  const lines: string[] = [];
  destination.on("data", (chunk) => lines.push(String(chunk)));
  const log = createLog({ name: "test", destination });
  const server = createHttpServer({
    log,
    bodyLimitBytes: 100,
    keepAliveSeconds: 5,
    logFields: () => ({ extra: "field" }),
  });
  server.get("/items/:name", async (_request, reply) => {
    reply.header("halfkey-code", "E_X").status(418);
    return { ok: true };
  });
  server.get("/large", async () => "x".repeat(32 * 1024 * 1024));
  server.get("/slow", async () => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    return "at last";
  });
  const numbers = { type: "object", properties: { n: { type: "integer" } }, additionalProperties: false };
  server.post("/strict", { schema: { body: numbers } }, async (request) => request.body);
  const { port } = await listen(server, { host: "127.0.0.1", port: 0 });
  return { server, lines, port, url: `http://127.0.0.1:${port}` };
}

describe("a server", () => {
  it("ends connections on which nothing moves: answers that nobody reads are not kept for ever", async () => {
    const { server, url } = await serverWithLog();
    assert(server.server.timeout > 30_000 && server.server.timeout < 120_000);
    server.server.timeout = 200;
    const { port } = new URL(url);
    const closed = new Promise<void>((resolve) => {
      server.server.once("connection", (held) => held.once("close", () => resolve()));
    });
    const socket = connect(Number(port), "127.0.0.1").on("error", () => {});
    socket.pause();
    socket.write("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    await closed;
    socket.destroy();
    await server.close();
  });

  it("logs one line for an answer, with the route's pattern instead of the path", async () => {
    const { server, lines, url } = await serverWithLog();
    const reply = await fetch(`${url}/items/hunter2?token=hunter3`, {
      headers: { "halfkey-request": "mine" },
    });
    await reply.text();
    await server.close();
    const id = reply.headers.get("halfkey-request") ?? "";
    assert.match(id, /^[0-9a-f]{16}$/);
    assert.equal(lines.length, 1);
    const { time: _time, durationMs, ...line } = JSON.parse(lines[0] ?? "");
    assert.deepEqual(line, {
      level: "info",
      name: "test",
      request: id,
      method: "GET",
      route: "/items/:name",
      status: 418,
      code: "E_X",
      extra: "field",
      msg: "answered",
    });
    assert.equal(typeof durationMs, "number");
  });

  it("refuses a body above the limit, and converts and removes nothing", async () => {
    const { server, url } = await serverWithLog();
    const post = (body: string) =>
      fetch(`${url}/strict`, { method: "POST", body, headers: { "content-type": "application/json" } });
    assert.equal((await post(`{"n":${" ".repeat(100)}1}`)).status, 413);
    assert.equal((await post('{"n":"1"}')).status, 400);
    assert.equal((await post('{"n":1,"m":1}')).status, 400);
    assert.equal((await post('{"n":1}')).status, 200);
    await server.close();
  });

  it("refuses two lengths, and a length beside chunks", async () => {
    const { server, port } = await serverWithLog();
    const send = (head: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(port, "127.0.0.1", () =>
          socket.end(`POST /strict HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n{}`),
        );
        let text = "";
        socket.on("data", (chunk) => {
          text += chunk;
        });
        socket.on("close", () => resolve(text));
      });
    for (const head of [
      "Content-Length: 2\r\nContent-Length: 3",
      "Content-Length: 2\r\nTransfer-Encoding: chunked",
    ]) {
      assert.match(await send(head), /^HTTP\/1\.1 400/);
    }
    await server.close();
  });

  it("stops in time though a connection stays silent, and answers what is under way", async () => {
    const { server, port, url } = await serverWithLog();
    const silent = connect(port, "127.0.0.1").resume();
    silent.on("error", () => {});
    const slow = fetch(`${url}/slow`).then((reply) => reply.text());
    await new Promise((resolve) => setTimeout(resolve, 100));
    const began = performance.now();
    await server.close();
    assert(performance.now() - began < 5000);
    assert.equal(await slow, "at last");
  });

  it("answers what comes while it stops, and closes the connection behind it", async () => {
    const { server, port } = await serverWithLog();
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.write("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stopped = server.close();
    socket.write("GET /items/a HTTP/1.1\r\nHost: a\r\n\r\n");
    await Promise.all([stopped, closed]);
    assert.match(text, /at last[\s\S]*HTTP\/1\.1 418 [\s\S]*connection: close[\s\S]*{"ok":true}$/i);
  });

  it("refuses what is no HTTP, two hosts and strange expectations as JSON with a code", async () => {
    const { server, port } = await serverWithLog();
    const answer = (bytes: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
        let text = "";
        socket.on("data", (chunk) => {
          text += chunk;
        });
        socket.on("close", () => resolve(text));
      });
    const start = "GET /items/a HTTP/1.1\r\nConnection: close\r\n";
    const refused = {
      "garbage\r\n\r\n": /^HTTP\/1\.1 400 .*\r\n[\s\S]*halfkey-code: E_INPUT\r\n[\s\S]*{"error":"[^"]+"}$/,
      [`${start}Host: a\r\nX: ${"a".repeat(20_000)}\r\n\r\n`]:
        /^HTTP\/1\.1 431 [\s\S]*E_TOO_LARGE[\s\S]*{"error":"[^"]+"}$/,
      [`${start}Host: a\r\nHost: b\r\n\r\n`]: /^HTTP\/1\.1 500 [\s\S]*exactly one Host/,
      [`${start}\r\n`]: /^HTTP\/1\.1 500 [\s\S]*exactly one Host/,
      [`${start}Host: a\r\nExpect: x\r\n\r\n`]: /^HTTP\/1\.1 417 [\s\S]*E_INPUT[\s\S]*{"error":"[^"]+"}$/,
      "GET /%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n":
        /^HTTP\/1\.1 400 [\s\S]*E_ROUTE[\s\S]*{"error":"[^"]+"}$/,
    };
    for (const [bytes, expected] of Object.entries(refused)) assert.match(await answer(bytes), expected);
    await server.close();
  });

  it("says which flag helps when the port is taken", async () => {
    const first = await serverWithLog();
    const { port } = first;
    const second = createHttpServer({
      log: createLog({ name: "x" }),
      bodyLimitBytes: 1,
      keepAliveSeconds: 1,
    });
    const expected = { code: "E_INPUT", message: new RegExp(`port ${port}.*--port`) };
    await assert.rejects(listen(second, { host: "127.0.0.1", port }), expected);
    await first.server.close();
  });
});
