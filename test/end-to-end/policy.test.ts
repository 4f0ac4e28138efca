/** The documented sample policy: one command applies it, one checks it, and it means what it says. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Product, startProduct } from "../support/product.ts";
import { runCli } from "../support/run-cli.ts";

const sample = join(import.meta.dirname, "..", "..", "docs", "samples", "mdapi-policy.yaml");
let product: Product;
before(async () => {
  product = await startProduct();
});
after(async () => product.stop());

async function halfkey(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { exitCode, stdout, stderr } = await runCli(args, { env: { HALFKEY_DATA: product.dataDir } });
  return { code: exitCode, stdout: stdout.toString(), stderr };
}

test("a dry run changes nothing, applying changes what it told, and again nothing", async () => {
  const told = await halfkey("policy", "apply", sample, "--dry-run", "--json");
  assert.equal(told.code, 0, told.stderr);
  const { changes } = JSON.parse(told.stdout);
  assert(changes.length > 8);
  assert.equal((await halfkey("policy", "check", sample)).code, 2);
  const applied = JSON.parse((await halfkey("policy", "apply", sample, "--json")).stdout);
  assert.deepEqual(applied.changes, changes);
  assert.match(applied.created[0].access_id, /^p-/);
  const again = JSON.parse((await halfkey("policy", "apply", sample, "--json")).stdout);
  assert.deepEqual(again.changes, []);
});

test("the check finds every expectation fulfilled", async () => {
  const checked = await halfkey("policy", "check", sample, "--json");
  assert.equal(checked.code, 0, checked.stderr + checked.stdout);
  const { held, failures, differences } = JSON.parse(checked.stdout);
  assert(held >= 11);
  assert.deepEqual([failures, differences], [[], []]);
});

test("a rule that was added by hand, and an expectation that does not hold, are found", async () => {
  const wrong = join(product.dataDir, "wrong.yaml");
  writeFileSync(
    wrong,
    readFileSync(sample, "utf8").replace(
      "path: /mdapi/gitlab/runner-token, read: false",
      "path: /mdapi/gitlab/runner-token, read: true",
    ),
  );
  const checked = await halfkey("policy", "check", wrong, "--json");
  assert.equal(checked.code, 2);
  assert.match(
    JSON.parse(checked.stdout).failures[0],
    /must read \/mdapi\/gitlab\/runner-token: no rule covers it/,
  );
  for (const [text, expected] of [
    ["roles: 7", /roles: expected keys and values/],
    ["rolls: {}", /rolls: expected one of auth-methods, roles, expect/],
    ["roles: {a: {rules: [{path: /x}]}}", /roles\.a\.rules\[0\]\.capabilities: expected a list/],
    ["a: [", /no YAML/],
  ] as const) {
    writeFileSync(wrong, text);
    const refused = await halfkey("policy", "check", wrong);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, expected);
  }
});

test("explain, can and who-can agree with it", async () => {
  const can = await halfkey("can", "read", "/mdapi/joplin/x", "--as", "eso", "--claim", "namespace=joplin");
  assert.equal(can.code, 0, can.stderr);
  const cannot = await halfkey(
    "can",
    "read",
    "/mdapi/gitlab/x",
    "--as",
    "eso",
    "--claim",
    "namespace=joplin",
  );
  assert.equal(cannot.code, 2);
  const explained = await halfkey(
    "explain",
    "/mdapi/gitlab/api-token",
    "--as",
    "eso",
    "--claim",
    "namespace=joplin",
  );
  assert.match(explained.stdout, /read\s+yes\s+role gitlab-token gives it by \/mdapi\/gitlab\/api-token/);
  const holders = JSON.parse((await halfkey("who-can", "read", "/mdapi/gitlab/api-token", "--json")).stdout);
  assert.deepEqual(
    new Set(holders.clients.map(({ role }: { role: string }) => role)),
    new Set(["everything", "gitlab-token", "namespaces"]),
  );
});

test("a refused call tells the rule it lacked, and with that rule it succeeds", async () => {
  const made = await halfkey("policy", "apply", sample, "--json");
  assert.equal(made.code, 0, made.stderr);
  const file = join(product.dataDir, "pushover.yaml");
  writeFileSync(file, "auth-methods: [lonely]\nroles: {lonely: {associations: [{auth-method: lonely}]}}\n");
  const [credentials] = JSON.parse((await halfkey("policy", "apply", file, "--json")).stdout).created;
  const env = {
    HALFKEY_URL: product.dev.gatewayUrl,
    HALFKEY_CA: product.dev.caFile,
    HALFKEY_ACCESS_ID: credentials.access_id,
    HALFKEY_ACCESS_KEY: credentials.access_key,
  };
  await runCli(["put", "/mdapi/lonely/x"], { env: { HALFKEY_DATA: product.dataDir }, input: "value" });
  const refused = await runCli(["get", "/mdapi/lonely/x", "--output-policy"], { env });
  assert.equal(refused.exitCode, 2);
  const rule = refused.stdout
    .toString()
    .replace("NAME-OF-A-ROLE:", "lonely:\n    associations: [{auth-method: lonely}]");
  writeFileSync(file, rule);
  assert.equal((await halfkey("policy", "apply", file)).code, 0);
  const read = await runCli(["get", "/mdapi/lonely/x"], { env });
  assert.equal(read.stdout.toString(), "value", read.stderr);
});

test("heads can be looked at, and nothing is accepted or pushed by accident", async () => {
  const shown = JSON.parse((await halfkey("head", "show", "--json")).stdout);
  assert.deepEqual(shown.own, shown.vault);
  assert.equal(shown.alarm, null);
  assert.equal((await halfkey("head", "accept", `${shown.own.seq}:${shown.own.hash}`)).code, 1);
  assert.equal((await halfkey("head", "accept", `${shown.own.seq}:${shown.own.hash}`, "--yes")).code, 2);
  const pushed = await halfkey("head", "push", "--json");
  assert.equal(pushed.code, 0, pushed.stderr);
  assert.deepEqual(JSON.parse(pushed.stdout), { entries: 0, records: 0, lost: [] });
});
