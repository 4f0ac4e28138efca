import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, statSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { doubleCaFile, GatewayDouble } from "../testing/gateway-double.ts";
import { invoke } from "../testing/invoke.ts";

const makeHome = () => mkdtempDisposable(join(tmpdir(), "halfkey-home-"));
const wordsFor = (double: GatewayDouble) => [
  ...["configure", "--url", double.url, "--ca", doubleCaFile, "--access-id", double.accessId],
];

test("tries the credentials, then keeps a private profile that other commands use", async () => {
  await using double = await GatewayDouble.start();
  await using home = await makeHome();
  const environment = { HALFKEY_HOME: home.path };
  const words = [...wordsFor(double), "--access-key-file", "-"];
  const done = await invoke(words, { environment, input: `${double.accessKey}\n` });
  assert.equal(done.exitCode, 0, done.stderr);
  const file = join(home.path, "profiles", "default.json");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.match(readFileSync(file, "utf8"), /BEGIN CERTIFICATE/);
  assert.doesNotMatch(done.stdout + done.stderr, new RegExp(double.accessKey));

  double.items.set("/a", ["value"]);
  assert.equal((await invoke(["get", "/a"], { environment })).stdout.toString(), "value");
  chmodSync(file, 0o644);
  const open = await invoke(["get", "/a"], { environment });
  assert.equal(open.exitCode, 1);
  assert.match(open.stderr, /other users may read this file[\s\S]*chmod 600/);
});

test("asks for the key on a terminal, without echo, for a named profile", async () => {
  await using double = await GatewayDouble.start();
  await using home = await makeHome();
  const environment = { HALFKEY_HOME: home.path };
  const words = [...wordsFor(double), "--profile", "work"];
  const done = await invoke(words, { environment, inputIsTty: true, input: `${double.accessKey}\n` });
  assert.equal(done.exitCode, 0, done.stderr);
  assert.doesNotMatch(done.stdout + done.stderr, new RegExp(double.accessKey));
  const list = await invoke(["list", "--profile", "work", "--verbose"], { environment });
  assert.equal(list.exitCode, 0);
  assert.match(list.stderr, /from profile work/);
  assert.equal((await invoke(["list"], { environment })).exitCode, 1);
});

test("wrong credentials and wrong addresses leave no profile", async () => {
  await using double = await GatewayDouble.start();
  await using home = await makeHome();
  const environment = { HALFKEY_HOME: home.path };
  const wrong = await invoke([...wordsFor(double), "--access-key-file", "-"], {
    environment,
    input: "hunter2",
  });
  assert.equal(wrong.exitCode, 2);
  assert.match(wrong.stderr, /wrong credentials[\s\S]*code E_TOKEN/);
  assert.doesNotMatch(wrong.stderr, /hunter2/);
  for (const url of ["http://gateway.example", "gateway.example", "ftp://x"]) {
    const words = ["configure", "--url", url, "--access-id", "p-x", "--access-key-file", "-"];
    assert.equal((await invoke(words, { environment, input: "k" })).exitCode, 1, url);
  }
  const outside = [...wordsFor(double), "--profile", "../x", "--access-key-file", "-"];
  assert.equal((await invoke(outside, { environment, input: double.accessKey })).exitCode, 1);
  assert.equal(existsSync(join(home.path, "profiles")), false);
});
