import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayDouble } from "../testing/gateway-double.ts";
import { invoke } from "../testing/invoke.ts";

const path = "/mdapi/demo/registry";

async function withValue(...versions: string[]): Promise<GatewayDouble> {
  const double = await GatewayDouble.start();
  double.items.set(path, versions);
  return double;
}

test("prints the bytes and nothing else", async () => {
  await using double = await withValue("old", "a\u001b[31m\u0000é\n\n");
  const { environment } = double;
  const get = await invoke(["get", path], { environment });
  assert.deepEqual([get.exitCode, get.stdout.toString(), get.stderr], [0, "a\u001b[31m\u0000é\n\n", ""]);
  const old = await invoke(["get", path, "--version", "1"], { environment });
  assert.equal(old.stdout.toString(), "old");
});

test("a terminal gets control characters written out, unless --raw", async () => {
  await using double = await withValue("a\u001b]0;title\u0007\tb\nc\u202e");
  const { environment } = double;
  const shown = await invoke(["get", path], { environment, outputIsTty: true });
  assert.equal(shown.stdout.toString(), "a\\u{1b}]0;title\\u{7}\tb\nc\\u{202e}");
  assert.match(shown.stderr, /--raw/);
  const raw = await invoke(["get", path, "--raw"], { environment, outputIsTty: true });
  assert.equal(raw.stdout.toString(), "a\u001b]0;title\u0007\tb\nc\u202e");
});

test("--field takes one field; its errors show nothing of the value", async () => {
  await using double = await withValue(`{"password":"hunter2","port":5432,"__proto__":"p"}`);
  const { environment } = double;
  const field = async (name: string) =>
    (await invoke(["get", path, "--field", name], { environment })).stdout;
  assert.equal((await field("password")).toString(), "hunter2");
  assert.equal((await field("port")).toString(), "5432");
  assert.equal((await field("__proto__")).toString(), "p");
  const missing = await invoke(["get", path, "--field", "toString"], { environment });
  assert.equal(missing.exitCode, 1);
  assert.doesNotMatch(missing.stderr, /hunter2|5432/);
  double.items.set(path, ["hunter2"]);
  const noJson = await invoke(["get", path, "--field", "x"], { environment });
  assert.equal(noJson.exitCode, 1);
  assert.doesNotMatch(noJson.stderr, /hunter2/);
});

test("--json is JSON that a terminal survives", async () => {
  await using double = await withValue("\u009b2J");
  const get = await invoke(["get", path, "--json"], { environment: double.environment });
  assert.doesNotMatch(get.stdout.toString(), /\u009b/);
  assert.deepEqual(JSON.parse(get.stdout.toString()), { path, value: "\u009b2J" });
});

test("a name that every object has is an item like any other", async () => {
  await using double = await GatewayDouble.start();
  double.answers.set("get-secret-value", () => ({ body: {} }));
  const get = await invoke(["get", "toString"], { environment: double.environment });
  assert.equal(get.exitCode, 2);
  assert.equal(get.stdout.length, 0);
});
