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

test("unconfigure removes the profile and nothing else", async () => {
  await using double = await GatewayDouble.start();
  await using home = await makeHome();
  const environment = { HALFKEY_HOME: home.path };
  for (const name of ["default", "ci"]) {
    const words = [...wordsFor(double), "--profile", name, "--access-key", double.accessKey];
    const done = await invoke(words, { environment });
    assert.match(done.stdout.toString(), new RegExp(`^Profile ${name} successfully configured\n`));
    assert.match(done.stderr, /other users can see the access key/);
  }
  const removed = await invoke(["unconfigure", "--profile", "ci"], { environment });
  assert.equal(removed.stdout.toString(), "Profile ci successfully removed\n");
  assert.equal(existsSync(join(home.path, "profiles", "ci.json")), false);
  assert.equal(existsSync(join(home.path, "profiles", "default.json")), true);
  const again = await invoke(["unconfigure", "--profile", "ci"], { environment });
  assert.equal(again.exitCode, 1);
  assert.match(again.stderr, /no profile ci[\s\S]*there are: default/);
  assert.equal((await invoke(["unconfigure", "--profile", "../x"], { environment })).exitCode, 1);
});

test("variables name the gateway and the credentials; a profile is chosen by one, too", async () => {
  await using double = await GatewayDouble.start();
  await using home = await makeHome();
  const akeyless = { AKEYLESS_GATEWAY_URL: double.url, AKEYLESS_TRUSTED_TLS_CERTIFICATE_FILE: doubleCaFile };
  const environment = { HALFKEY_HOME: home.path, ...akeyless };
  const nobody = await invoke(["configure"], { environment });
  assert.equal(nobody.exitCode, 1);
  assert.match(nobody.stderr, /no access id was given/);
  const own = { ...environment, HALFKEY_ACCESS_ID: double.accessId, HALFKEY_ACCESS_KEY: double.accessKey };
  const done = await invoke(["configure"], { environment: own });
  assert.equal(done.exitCode, 0, done.stderr);
  const named = { HALFKEY_HOME: home.path, HALFKEY_PROFILE: "default" };
  assert.equal((await invoke(["list"], { environment: named })).exitCode, 0);
  const absent = await invoke(["list"], { environment: { ...named, HALFKEY_PROFILE: "t-1" } });
  assert.match(absent.stderr, /no profile "t-1"[\s\S]*--token/);
});
