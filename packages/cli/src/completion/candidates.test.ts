import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { GatewayDouble, refuse } from "../testing/gateway-double.ts";
import { invoke } from "../testing/invoke.ts";

async function complete(environment: NodeJS.ProcessEnv, ...words: string[]): Promise<string[]> {
  const { exitCode, stdout, stderr } = await invoke(["__complete", "zsh", "--", ...words], { environment });
  assert.deepEqual([exitCode, stderr], [0, ""]);
  return stdout.toString().split("\n").slice(0, -1);
}

test("commands, the second word of a group, options and their values: without a gateway", async () => {
  assert.deepEqual(await complete({}, "roll"), ["rollback", "rollback-secret"]);
  assert.deepEqual(await complete({}, "tag", ""), ["add", "remove", "list"]);
  assert.deepEqual(await complete({}, "help", "undel"), ["undelete"]);
  assert.deepEqual(await complete({}, "put", "/a", "--c"), ["--ca", "--create-only", "--cas"]);
  assert.deepEqual(await complete({}, "get", "-o", ""), ["raw", "json", "yaml", "env"]);
  assert.deepEqual(await complete({}, "get", "--output=j"), ["--output=json"]);
  assert.deepEqual(await complete({}, "set-item-state", "-s", ""), ["Enabled", "Disabled"]);
  assert.deepEqual(await complete({}, "completion", ""), ["bash", "zsh", "fish"]);
  assert.deepEqual(await complete({}, "put", "--value-file", "x"), [":files"]);
  assert.deepEqual(await complete({}, "move-objects", "-o", "i"), ["item"]);
  assert.deepEqual(await complete({}, "__com"), []);
});

test("paths one level at a time; folders end in a slash", async () => {
  await using double = await GatewayDouble.start();
  double.answers.set("list-items", ({ path }) => ({
    body:
      path === "/mdapi/"
        ? { items: [{ item_name: "/mdapi/x" }], folders: ["/mdapi/demo/"] }
        : { items: null },
  }));
  const { environment } = double;
  assert.deepEqual(await complete(environment, "get", "/mdapi/"), ["/mdapi/demo/", "/mdapi/x"]);
  assert.deepEqual(await complete(environment, "get", "mdapi/d"), ["/mdapi/demo/"]);
  assert.deepEqual(await complete(environment, "list", "/mdapi/"), ["/mdapi/demo/"]);
  assert.deepEqual(await complete(environment, "get-secret-value", "-n", "/mdapi/x"), ["/mdapi/x"]);
  assert.deepEqual(await complete(environment, "tag", "add", "/mdapi/x", "/mdapi/"), []);
  assert.deepEqual(await complete(environment, "get", "/mdapi/x", "/mdapi/"), []);
});

test("names that could be more than one word, or more than text, are left out", async () => {
  await using double = await GatewayDouble.start();
  double.answers.set("list-items", () => ({
    body: { items: ["/a", "/b\n/etc/passwd", "/c\u001b[2J"].map((item_name) => ({ item_name })) },
  }));
  assert.deepEqual(await complete(double.environment, "get", "/"), ["/a"]);
});

test("silent on errors, and quick when nobody answers", async () => {
  await using double = await GatewayDouble.start();
  double.answers.set("list-items", () => refuse(401, "E_DENIED", "no"));
  assert.deepEqual(await complete(double.environment, "get", "/"), []);
  assert.deepEqual(await complete({}, "get", "/"), []);
  const mute = createServer();
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  const { port } = mute.address() as { port: number };
  const begun = Date.now();
  const environment = { HALFKEY_URL: `http://127.0.0.1:${port}`, HALFKEY_TOKEN: "t" };
  assert.deepEqual(await complete(environment, "get", "/"), []);
  // Its patience is 0.8 s; without that it would be the 30 s of any other request.
  assert(Date.now() - begun < 3000, `${Date.now() - begun} ms`);
  mute.close();
});
