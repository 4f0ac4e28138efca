// The command line against both halves.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Product, startProduct } from "../support/product.ts";
import { runCli } from "../support/run-cli.ts";

let product: Product;
before(async () => {
  product = await startProduct();
});
after(() => product?.stop());

const halfkey = (args: string[], input?: string | Uint8Array, env: Record<string, string> = {}) =>
  runCli(args, { env: { HALFKEY_DATA: product.dataDir, ...env }, ...(input === undefined ? {} : { input }) });

test("put, get, list, describe, delete", async () => {
  const path = "/mdapi/joplin/tsig-secret/tsig-secret-key";
  const created = await halfkey(["put", path], "one");
  assert.deepEqual(
    [created.exitCode, created.stdout.toString()],
    [0, `created ${path}, version 1\n`],
    created.stderr,
  );
  const updated = await halfkey(["put", path, "-o", "raw"], "two");
  assert.equal(updated.stdout.toString(), "2\n", updated.stderr);
  assert.equal((await halfkey(["get", path])).stdout.toString(), "two");
  assert.equal((await halfkey(["get", path, "--version", "1"])).stdout.toString(), "one");
  assert.equal((await halfkey(["list", "/mdapi/joplin", "-o", "raw"])).stdout.toString(), `${path}\n`);
  assert.equal((await halfkey(["list", "/mdapi/other", "-o", "raw"])).stdout.toString(), "");
  const described = JSON.parse((await halfkey(["describe", path, "--json"])).stdout.toString());
  assert.deepEqual([described.path, described.version, described.versions.length], [path, 2, 2]);
  assert.equal((await halfkey(["delete", path])).exitCode, 1);
  assert.equal((await halfkey(["delete", path, "--yes"])).exitCode, 0);
  const gone = await halfkey(["get", path]);
  assert.equal(gone.exitCode, 2);
  assert.match(gone.stderr, /code E_NOT_FOUND/);
});

test("--cas, --create-only and --update-only decide at the gateway", async () => {
  const path = "/mdapi/demo/cas";
  assert.match((await halfkey(["put", path, "--update-only"], "x")).stderr, /code E_NOT_FOUND/);
  assert.equal((await halfkey(["put", path, "--cas", "0"], "one")).exitCode, 0);
  assert.match((await halfkey(["put", path, "--create-only"], "x")).stderr, /code E_EXISTS/);
  assert.equal((await halfkey(["put", path, "--cas", "1", "-o", "raw"], "two")).stdout.toString(), "2\n");
  assert.match((await halfkey(["put", path, "--cas", "1"], "x")).stderr, /code E_CONFLICT/);
  assert.equal((await halfkey(["get", path])).stdout.toString(), "two");
});

test("values come back byte for byte, up to a mebibyte", async () => {
  const values = ["\uFEFFa\r\n\u0000\u{1F511}\n\n", `{"a":1}`, " ", "x".repeat(1024 * 1024)];
  for (const [at, value] of values.entries()) {
    const path = `/mdapi/demo/bytes-${at}`;
    const put = await halfkey(["put", path], value);
    assert.equal(put.exitCode, 0, put.stderr);
    assert(Buffer.from(value).equals((await halfkey(["get", path])).stdout), `value ${at}`);
  }
  const large = await halfkey(["put", "/mdapi/demo/large"], "x".repeat(1024 * 1024 + 1));
  assert.equal(large.exitCode, 2);
  assert.match(large.stderr, /code E_TOO_LARGE/);
});

test("a profile made by configure works without dev.json", async () => {
  const { gatewayUrl, caFile, accessId, accessKey } = product.dev;
  const env = { HALFKEY_DATA: "/nonexistent", HALFKEY_HOME: join(product.dataDir, "home") };
  const words = ["configure", "--url", gatewayUrl, "--ca", caFile, "--access-id", accessId];
  const wrong = await halfkey([...words, "--access-key-file", "-"], "wrong", env);
  assert.equal(wrong.exitCode, 2);
  assert.match(wrong.stderr, /code E_TOKEN/);
  const right = await halfkey([...words, "--access-key-file", "-"], accessKey, env);
  assert.equal(right.exitCode, 0, right.stderr);
  assert.equal((await halfkey(["put", "/mdapi/demo/profile"], "x", env)).exitCode, 0);
  assert.equal((await halfkey(["get", "/mdapi/demo/profile"], undefined, env)).stdout.toString(), "x");
});

test("neither a value nor a name is in the vault's files, and neither is in a log", async () => {
  assert.equal((await halfkey(["put", "/mdapi/demo/needle-name"], "needle-value")).exitCode, 0);
  const read = (folder: string) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name))] as const);
  const files = [...read(join(product.dataDir, "vault")), ...read(join(product.dataDir, "logs"))];
  // The search itself finds what is there.
  assert(files.some(([, bytes]) => bytes.includes("listening")));
  for (const [name, bytes] of files) {
    for (const needle of ["needle-name", "needle-value", product.dev.accessKey]) {
      assert(
        !bytes.includes(needle),
        `${needle === product.dev.accessKey ? "the access key" : needle} in ${name}`,
      );
    }
  }
});
