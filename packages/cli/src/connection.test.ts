import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CliError } from "./cli-error.ts";
import { apiBase, findConnection, ownBase } from "./connection.ts";
import type { Globals } from "./globals.ts";
import { writeProfile } from "./profile.ts";
import { doubleCaFile } from "./testing/gateway-double.ts";

const none: Globals = {
  profile: undefined,
  url: undefined,
  ca: undefined,
  token: undefined,
  output: undefined,
  json: false,
  verbose: false,
  debug: false,
  "output-curl": false,
  "output-policy": false,
  "jq-expression": undefined,
  "uid-token": undefined,
  "no-creds-cleanup": false,
};
const akeyless = {
  AKEYLESS_GATEWAY_URL: "https://akeyless.example",
  AKEYLESS_ACCESS_ID: "p-akeyless",
  AKEYLESS_ACCESS_KEY: "akeyless-key",
};

async function makeFolder() {
  const folder = await mkdtempDisposable(join(tmpdir(), "halfkey-connection-"));
  const find = (environment: NodeJS.ProcessEnv, globals: Partial<Globals> = {}) =>
    findConnection({
      globals: { ...none, ...globals },
      environment: { HALFKEY_HOME: folder.path, ...environment },
      workingDirectory: folder.path,
    });
  const profile = (name: string) => {
    const content = { url: `https://${name}.example`, accessId: `p-${name}`, accessKey: `${name}-key` };
    writeProfile(name, content, { HALFKEY_HOME: folder.path });
  };
  const dev = (gatewayUrl: string, mode = 0o600) => {
    mkdirSync(join(folder.path, ".halfkey"), { recursive: true });
    const content = { gatewayUrl, caFile: doubleCaFile, accessId: "p-dev", accessKey: "dev-key" };
    writeFileSync(join(folder.path, ".halfkey", "dev.json"), JSON.stringify(content));
    chmodSync(join(folder.path, ".halfkey", "dev.json"), mode);
  };
  return { find, profile, dev, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test("the nearest source wins: variables, Akeyless's variables, profile, dev.json", async () => {
  await using folder = await makeFolder();
  assert.throws(() => folder.find({}), /no gateway is configured/);
  folder.dev("https://127.0.0.1:8443");
  assert.equal(folder.find({}).base, "https://127.0.0.1:8443/akeyless-api/v2");
  assert.match(folder.find({}).ca ?? "", /BEGIN CERTIFICATE/);
  folder.profile("default");
  folder.profile("other");
  assert.deepEqual(folder.find({}).credentials, { accessId: "p-default", accessKey: "default-key" });
  assert.deepEqual(folder.find(akeyless).credentials, { accessId: "p-akeyless", accessKey: "akeyless-key" });
  const own = { HALFKEY_URL: "https://own.example", HALFKEY_TOKEN: "t-own" };
  const found = folder.find({ ...akeyless, ...own });
  assert.deepEqual(
    [found.base, found.credentials],
    ["https://own.example/akeyless-api/v2", { token: "t-own" }],
  );
  const named = folder.find({ ...akeyless, ...own }, { profile: "other" });
  assert.deepEqual(
    [named.base, named.credentials],
    ["https://other.example/akeyless-api/v2", { accessId: "p-other", accessKey: "other-key" }],
  );
  assert.throws(() => folder.find(own, { profile: "absent" }), /no profile "absent"/);
});

test("the key of a profile never goes to Akeyless's address, nor the other way", async () => {
  await using folder = await makeFolder();
  folder.profile("default");
  const onlyUrl = { AKEYLESS_GATEWAY_URL: akeyless.AKEYLESS_GATEWAY_URL };
  assert.equal(folder.find(onlyUrl).base, "https://default.example/akeyless-api/v2");
  const { AKEYLESS_GATEWAY_URL: _, ...onlyKey } = akeyless;
  assert.deepEqual(folder.find(onlyKey).credentials, { accessId: "p-default", accessKey: "default-key" });
});

test("variables name profiles: HALFKEY_PROFILE above Akeyless's variables, AKEYLESS_DEFAULT_PROFILE below", async () => {
  await using folder = await makeFolder();
  folder.profile("default");
  folder.profile("other");
  const base = (environment: NodeJS.ProcessEnv) => new URL(folder.find(environment).base).hostname;
  assert.equal(base({ ...akeyless, HALFKEY_PROFILE: "other" }), "other.example");
  assert.equal(base({ ...akeyless, AKEYLESS_DEFAULT_PROFILE: "other" }), "akeyless.example");
  assert.equal(base({ AKEYLESS_DEFAULT_PROFILE: "other" }), "other.example");
  assert.throws(() => base({ AKEYLESS_DEFAULT_PROFILE: "absent" }), /no profile "absent"/);
});

test("--token and a command's own options stand over everything", async () => {
  await using folder = await makeFolder();
  folder.profile("default");
  const token = folder.find({ HALFKEY_TOKEN: "t-variable" }, { token: "t-flag" });
  assert.deepEqual(
    [token.base, token.credentials],
    ["https://default.example/akeyless-api/v2", { token: "t-flag" }],
  );
  const { AKEYLESS_GATEWAY_URL } = akeyless;
  assert.match(folder.find({ AKEYLESS_GATEWAY_URL }, { token: "t-flag" }).base, /akeyless\.example/);
});

test("Halfkey's own API lies beside the other one, below every spelling", () => {
  for (const [url, own] of [
    ["https://gw.example:8443", "https://gw.example:8443/halfkey/v1"],
    ["https://gw.example/proxy/akeyless-api/v2", "https://gw.example/proxy/halfkey/v1"],
    ["https://gw.example/v2", "https://gw.example/halfkey/v1"],
    ["https://gw.example/api/v2", "https://gw.example/halfkey/v1"],
  ]) {
    assert.equal(ownBase(apiBase(url ?? "")), own);
  }
});

test("half a pair of credentials is a mistake, not a mixture", async () => {
  await using folder = await makeFolder();
  folder.profile("default");
  assert.throws(() => folder.find({ HALFKEY_ACCESS_ID: "p-x" }), /belong together/);
});

test("a dev.json that came with the folder is not believed", async () => {
  await using folder = await makeFolder();
  folder.dev("https://attacker.example");
  assert.throws(() => folder.find({}), /no gateway is configured/);
  folder.dev("https://127.0.0.1:8443", 0o644);
  assert.throws(() => folder.find({}), /other users may read this file/);
});

test("every spelling of the address leads to the API", () => {
  const api = "https://gw.example:8443/akeyless-api/v2";
  for (const path of ["", "/", "/akeyless-api", "/akeyless-api/", "/akeyless-api/v2", "/akeyless-api/v2/"]) {
    assert.equal(apiBase(`https://gw.example:8443${path}`), api, path);
  }
  assert.equal(apiBase("https://gw.example/api/v2"), "https://gw.example/api/v2");
  assert.equal(apiBase("https://gw.example:8000/api/v1"), "https://gw.example:8000/api/v2");
  assert.equal(apiBase("http://127.0.0.1:1/v2"), "http://127.0.0.1:1/v2");
  for (const text of ["http://gw.example", "http://127.0.0.1.example", "gw.example", "", "file:///x"]) {
    assert.throws(() => apiBase(text), CliError, text);
  }
});
