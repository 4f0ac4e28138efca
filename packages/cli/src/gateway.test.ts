// What a user reads when the gateway cannot be reached, or something else answers.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { GatewayDouble } from "./testing/gateway-double.ts";
import { invoke, type Outcome } from "./testing/invoke.ts";

async function failure(words: string[], environment: NodeJS.ProcessEnv, input = "hunter2"): Promise<Outcome> {
  const outcome = await invoke(words, { environment, input });
  assert.equal(outcome.exitCode, 2, outcome.stderr);
  assert.doesNotMatch(outcome.stderr, /hunter2|double-access-key|t-double/);
  return outcome;
}

test("nothing listens", async () => {
  const { stderr } = await failure(["get", "/a"], { HALFKEY_URL: "https://127.0.0.1:1", HALFKEY_TOKEN: "t" });
  assert.match(stderr, /nothing listens[\s\S]*https:\/\/127\.0\.0\.1:1\/.*ECONNREFUSED[\s\S]*npm start/);
});

test("a CA that is not trusted", async () => {
  await using double = await GatewayDouble.start();
  const { HALFKEY_CA: _, ...environment } = double.environment;
  const { stderr } = await failure(["get", "/a"], environment);
  assert.match(stderr, /CA that is not trusted here[\s\S]*--ca FILE/);
  assert.deepEqual(double.requests, []);
});

test("a certificate for another name", async () => {
  await using double = await GatewayDouble.start();
  const url = double.url.replace("127.0.0.1", "localhost");
  const { stderr } = await failure(["get", "/a"], { ...double.environment, HALFKEY_URL: url });
  assert.match(stderr, /does not name localhost/);
});

test("what answers does not speak TLS", async () => {
  const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const { stderr } = await failure(["get", "/a"], {
    HALFKEY_URL: `https://127.0.0.1:${port}`,
    HALFKEY_TOKEN: "t",
  });
  server.close();
  assert.match(stderr, /does not speak TLS/);
});

test("a web page instead of a gateway", async () => {
  await using double = await GatewayDouble.start();
  double.answers.set("get-secret-value", () => ({ status: 404, body: "<html>not here</html>" }));
  const { stderr } = await failure(["get", "/a"], double.environment);
  assert.match(stderr, /a web page answered[\s\S]*status 404[\s\S]*akeyless-api\/v2/);
});

test("a success without JSON is not taken for one", async () => {
  await using double = await GatewayDouble.start();
  double.answers.set("get-secret-value", () => ({ body: "<html>log in first</html>" }));
  await failure(["get", "/a"], double.environment);
});

test("a redirect is not followed: the token stays here", async () => {
  await using double = await GatewayDouble.start();
  double.answers.set("get-secret-value", () => ({
    status: 307,
    body: {},
    headers: { location: `${double.url}/akeyless-api/v2/stolen` },
  }));
  await failure(["get", "/a"], double.environment);
  assert.deepEqual(double.commands(), ["auth", "get-secret-value"]);
});

test("a lost answer to a write says that it may have happened", async () => {
  await using double = await GatewayDouble.start();
  double.answers.set("create-secret", () => {
    setImmediate(() => double[Symbol.asyncDispose]());
    return { body: {}, headers: { "content-length": "1000" } };
  });
  const { stderr } = await failure(["put", "/a"], double.environment);
  assert.match(stderr, /may have happened/);
});
