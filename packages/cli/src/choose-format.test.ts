import assert from "node:assert/strict";
import { test } from "node:test";
import { invoke } from "./testing/invoke.ts";

test("HALFKEY_FORMAT is a wish, -o is an order", async () => {
  const version = async (words: string[], format: string) =>
    invoke(["version", ...words], { environment: { HALFKEY_FORMAT: format } });
  assert.match((await version([], "json")).stdout.toString(), /^\{\n {2}"version": /);
  assert.match((await version(["-o", "raw"], "json")).stdout.toString(), /^\d+\.\d+\.\d+\n$/);
  assert.match((await version([], "env")).stdout.toString(), /^halfkey /);
  const order = await version(["-o", "env"], "");
  assert.equal(order.exitCode, 1);
  assert.match(order.stderr, /version does not print env\n {2}next: use table, json, yaml or raw/);
  const nonsense = await version([], "xml");
  assert.equal(nonsense.exitCode, 1);
  assert.match(nonsense.stderr, /HALFKEY_FORMAT is no format/);
});
