import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { siblingCall } from "./sibling.ts";

const halfkey = join(import.meta.dirname, "..", "bin", "halfkey.mjs");
const run = (...words: string[]) => spawnSync(process.execPath, [halfkey, ...words], { encoding: "utf8" });

test("words of the other programs", () => {
  assert.deepEqual(siblingCall(["gateway", "init", "--data", "x"]), {
    program: "halfkey-gateway",
    arguments: ["init", "--data", "x"],
  });
  assert.deepEqual(siblingCall(["restore", "--from", "x"])?.arguments, ["restore", "--from", "x"]);
  assert.deepEqual(siblingCall(["vault"]), { program: "halfkey-vault", arguments: [] });
  for (const own of [["list"], [], ["gateway-list-customer-fragments"], ["constructor"], ["--help"]])
    assert.equal(siblingCall(own), undefined);
});

test("the sibling's output and exit code are the answer", () => {
  const help = run("gateway", "--help");
  assert.equal(help.status, 0);
  assert.match(help.stdout, /^Usage: halfkey-gateway/);
  const refused = run("backup", "now", "--data", "/nonexistent-folder");
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /^halfkey-gateway: --to is missing/);
  assert.match(run("vault", "--help").stdout, /halfkey-vault/);
});
