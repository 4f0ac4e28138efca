// The short forms beside put, get, list, describe and delete.
import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayDouble } from "../testing/gateway-double.ts";
import { invoke } from "../testing/invoke.ts";

const path = "/mdapi/demo/db";

async function withVersions(...versions: string[]): Promise<GatewayDouble> {
  const double = await GatewayDouble.start();
  double.items.set(path, versions);
  return double;
}

/** Runs a line and expects success. */
async function output(double: GatewayDouble, words: string[]): Promise<string> {
  const done = await invoke(words, { environment: double.environment });
  assert.equal(done.exitCode, 0, done.stderr);
  return done.stdout.toString();
}

test("history: the newest first, no values", async () => {
  await using double = await withVersions("hunter1", "hunter2");
  const table = await output(double, ["history", path]);
  assert.match(table, /^VERSION +CREATED +BY\n2 .*\n1 .*\n$/);
  assert.doesNotMatch(table, /hunter/);
  assert.equal(await output(double, ["history", path, "-o", "raw"]), "2\n1\n");
});

test("diff masks values, and names the fields that changed", async () => {
  await using double = await withVersions(`{"user":"u","pw":"hunter1"}`, `{"user":"u","pw":"hunter2"}`);
  const masked = await output(double, ["diff", path]);
  assert.equal(masked, `${path}: version 1 and version 2\n~ pw: changed\n  user: unchanged\n`);
  const json = await output(double, ["diff", path, "--json"]);
  assert.doesNotMatch(json, /hunter/);
  assert.deepEqual(JSON.parse(json).fields[0], { field: "pw", change: "changed" });
  const shown = await output(double, ["diff", path, "1", "2", "--show"]);
  assert.match(shown, /~ pw: changed\n {4}- "hunter1"\n {4}\+ "hunter2"\n/);
  assert.equal(
    JSON.parse(await output(double, ["diff", path, "--show", "--json"])).fields[0].after,
    `"hunter2"`,
  );
});

test("diff of texts: that it changed; with --show the lines, harmless to a terminal", async () => {
  await using double = await withVersions(
    "a\nhunter1\nz",
    "a\nhunter2\u001b[2J\nz",
    "a\nhunter2\u001b[2J\nz",
  );
  const masked = await output(double, ["diff", path, "1", "2"]);
  assert.match(masked, /the value changed; --show/);
  assert.doesNotMatch(masked, /hunter/);
  assert.doesNotMatch(await output(double, ["diff", path, "1", "2", "--json"]), /hunter/);
  const shown = await output(double, ["diff", path, "1", "2", "--show"]);
  assert.match(shown, /\n- hunter1\n\+ hunter2\\u\{1b\}\[2J\n$/);
  assert.match(await output(double, ["diff", path]), /version 2 and version 3\nthe values are the same\n/);
  assert.match(await output(double, ["diff", path, "1"]), /version 1 and version 3\n/);
});

test("diff needs two versions, and knows what a version is", async () => {
  await using double = await withVersions("hunter2");
  const { environment } = double;
  const one = await invoke(["diff", path], { environment });
  assert.equal(one.exitCode, 1);
  assert.match(one.stderr, /one version only/);
  for (const words of [
    ["diff", path, "x"],
    ["diff", path, "0"],
    ["rollback", path, "-1"],
  ]) {
    assert.equal((await invoke(words, { environment })).exitCode, 1, words.join(" "));
  }
});

test("tree draws what list lists", async () => {
  await using double = await withVersions("a");
  double.items.set("/mdapi/demo/tls/key", ["k"]);
  assert.match(
    await output(double, ["tree", "/mdapi"]),
    /└── demo\/\n {4}├── db {2}v1\n {4}└── tls\/\n {8}└── key {2}v1/,
  );
  const root = JSON.parse(await output(double, ["tree", "/mdapi", "--json"]));
  assert.equal(root.children[0].children[0].version, 1);
});

test("rollback, move, tags, states: what is sent and said", async () => {
  await using double = await withVersions("a");
  for (const command of ["rollback-secret", "move-objects", "update-item", "set-item-state"]) {
    double.answers.set(command, () => ({ body: { version: 4 } }));
  }
  double.answers.set("get-tags", () => ({ body: ["x", "y\u001b"] }));
  for (const [words, said, sent] of [
    [
      ["rollback", path, "1"],
      `rolled back ${path} to version 1, as version 4\n`,
      { name: path, "old-version": 1 },
    ],
    [["rollback", path, "1", "-o", "raw"], "4\n", { name: path, "old-version": 1 }],
    [["move", path, "/b"], `moved ${path} to /b\n`, { source: path, target: "/b" }],
    [["tag", "add", path, "x", "y z"], `tagged ${path}: x, y z\n`, { name: path, "add-tag": ["x", "y z"] }],
    [["tag", "remove", path, "x"], `untagged ${path}: x\n`, { name: path, "rm-tag": ["x"] }],
    [["tag", "list", path], "x\ny\\u{1b}\n", { name: path }],
    [["enable", path], `enabled ${path}\n`, { name: path, "desired-state": "Enabled" }],
    [["disable", path], `disabled ${path}\n`, { name: path, "desired-state": "Disabled" }],
  ] as const) {
    assert.equal(await output(double, [...words]), said);
    const { token: _, ...body } = double.requests.at(-1)?.body ?? {};
    assert.deepEqual(body, sent);
  }
});

test("trash and undelete speak to Halfkey's own API", async () => {
  await using double = await GatewayDouble.start();
  const item = {
    name: "/a\u001b",
    deleted: "2026-01-01T00:00:00Z",
    purge: "2026-01-08T00:00:00Z",
    by: "p-x",
    version: 3,
  };
  double.answers.set("/halfkey/v1/trash", () => ({ body: { items: [item] } }));
  double.answers.set("/halfkey/v1/undelete", () => ({ body: { name: path, version: 3 } }));
  assert.match(
    await output(double, ["trash"]),
    /\/a\\u\{1b\} +3 +2026-01-01T00:00:00Z +p-x +2026-01-08T00:00:00Z\n$/,
  );
  assert.equal(JSON.parse(await output(double, ["trash", "/mdapi", "--json"]))[0].purge, item.purge);
  assert.equal(double.requests.at(-1)?.body.path, "/mdapi");
  assert.equal(await output(double, ["undelete", path]), `restored ${path}, version 3\n`);
  double.answers.set("/halfkey/v1/trash", () => ({ body: { items: [] } }));
  assert.equal(await output(double, ["trash"]), "");
});

test("delete --version takes one version, and says so in its question", async () => {
  await using double = await withVersions("a", "b");
  const { environment } = double;
  const asked = await invoke(["delete", path, "--version", "1"], {
    environment,
    inputIsTty: true,
    input: "y\n",
  });
  assert.match(asked.stderr, /Delete version 1 of \/mdapi\/demo\/db for everybody\?/);
  assert.equal(asked.stdout.toString(), `deleted version 1 of ${path}\n`);
  assert.equal(double.requests.at(-1)?.body.version, 1);
});

test("get -o env and -o yaml", async () => {
  await using double = await withVersions(`{"USER":"u","id":12345678901234567890}`);
  assert.equal(await output(double, ["get", path, "-o", "env"]), "USER='u'\nid='12345678901234567890'\n");
  assert.equal(await output(double, ["get", path, "--field", "id"]), "12345678901234567890");
  assert.equal(await output(double, ["get", path, "--field", "USER", "-o", "env"]), "USER='u'\n");
  assert.match(
    await output(double, ["get", path, "-o", "yaml"]),
    /^path: "\/mdapi\/demo\/db"\nvalue: "\{\\"USER/,
  );
});
