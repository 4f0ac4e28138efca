// What the Akeyless verbs send, and the words that scripts look for in what they print.
import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayDouble, refuse } from "../testing/gateway-double.ts";
import { type Invocation, invoke, type Outcome } from "../testing/invoke.ts";

/** Runs one command line against a double that answers `reply`, and tells the body of the last request. */
async function send(
  line: string[],
  reply: unknown,
  invocation: Invocation = {},
): Promise<Outcome & { body: Record<string, unknown>; commands: string[] }> {
  await using double = await GatewayDouble.start();
  const [verb = ""] = line;
  double.answers.set(verb, () => ({ body: reply }));
  const outcome = await invoke(line, {
    ...invocation,
    environment: { ...double.environment, HALFKEY_TOKEN: "t" },
  });
  const { token: _, ...body } = double.requests.at(-1)?.body ?? {};
  return { ...outcome, body, commands: double.commands() };
}

test("create-secret: every flag, in Akeyless's spellings", async () => {
  const words = ["create-secret", "--name", "/f/sec1", "-t", "a", "--tag", "b", "-k", "/halfkey/default"];
  const more = [
    "-f",
    "json",
    "--type",
    "generic",
    "--multiline",
    "--description",
    "d",
    "--max-versions",
    "5",
  ];
  const { exitCode, stdout, body } = await send(
    [...words, ...more, "--delete_protection=true", "--accessibility", "regular"],
    { name: "/f/sec1" },
    { input: "{}" },
  );
  assert.deepEqual(
    [exitCode, stdout.toString()],
    [0, "A new secret named /f/sec1 was successfully created\n"],
  );
  assert.deepEqual(body, {
    name: "/f/sec1",
    value: "{}",
    type: "generic",
    format: "json",
    tags: ["a", "b"],
    description: "d",
    protection_key: "/halfkey/default",
    multiline_value: true,
    "max-versions": 5,
    delete_protection: "true",
  });
});

test("create-secret sends nothing that was not said", async () => {
  const { body, stderr } = await send(["create-secret", "-n", "/a", "-v", "val"], {});
  assert.deepEqual(body, { name: "/a", value: "val" });
  assert.match(stderr, /other users can see the value/);
});

test("create-secret --type password takes the two parts", async () => {
  const words = ["create-secret", "-n", "/a", "--type", "password", "-u", "me", "-p", "pw"];
  assert.deepEqual((await send(words, {})).body, {
    name: "/a",
    value: "",
    username: "me",
    password: "pw",
    type: "password",
  });
  const wrong = await send(["create-secret", "-n", "/a", "-p", "hunter2"], {});
  assert.equal(wrong.exitCode, 1);
  assert.deepEqual(wrong.commands, []);
  assert.doesNotMatch(wrong.stderr, /hunter2/);
});

test("update-secret-val", async () => {
  const words = ["update-secret-val", "-n", "/a", "--keep-prev-version=false", "--last-version", "3"];
  const { stdout, body } = await send(words, { name: "/a" }, { input: "v" });
  assert.equal(stdout.toString(), "The value of secret /a was successfully updated\n");
  assert.deepEqual(body, { name: "/a", value: "v", "keep-prev-version": "false", "last-version": 3 });
});

test("get-secret-value: one bare, several as a map, a line break on a terminal only", async () => {
  const one = await send(["get-secret-value", "-n", "/a"], { "/a": "v\u001b[2J" });
  assert.equal(one.stdout.toString(), "v\u001b[2J");
  assert.deepEqual(one.body, { names: ["/a"] });
  const shown = await send(["get-secret-value", "-n", "/a"], { "/a": "v\u001b[2J" }, { outputIsTty: true });
  assert.equal(shown.stdout.toString(), "v\\u{1b}[2J\n");
  const two = await send(["get-secret-value", "-n", "/a", "--name=/b", "--version", "2"], {
    "/a": "1",
    "/b": "2",
  });
  assert.deepEqual(JSON.parse(two.stdout.toString()), { "/a": "1", "/b": "2" });
  assert.deepEqual(two.body, { names: ["/a", "/b"], version: 2 });
  const json = await send(["get-secret-value", "-n", "/a", "--json", "--ignore-cache=true"], { "/a": "1" });
  assert.deepEqual(JSON.parse(json.stdout.toString()), { "/a": "1" });
  assert.deepEqual(json.body, { names: ["/a"], "ignore-cache": "true" });
  assert.equal((await send(["get-secret-value"], {})).exitCode, 1);
});

test("get-secret-value --version=-N prints the last N versions", async () => {
  await using double = await GatewayDouble.start();
  double.items.set("/a", ["one", "two", "three"]);
  const words = ["get-secret-value", "-n", "/a", "--version=-2"];
  const { stdout } = await invoke(words, { environment: double.environment });
  assert.deepEqual(JSON.parse(stdout.toString()), { 2: "two", 3: "three" });
  const tooMany = await invoke([...words.slice(0, 3), "--version=-21"], { environment: double.environment });
  assert.equal(tooMany.exitCode, 1);
});

test("rollback-secret, set-item-state, update-item, move-objects", async () => {
  const rollback = await send(["rollback-secret", "-n", "/a", "--old-version", "2"], {
    name: "/a",
    version: 4,
  });
  assert.equal(rollback.stdout.toString(), "Secret /a was successfully rolled back to version 2\n");
  assert.deepEqual(rollback.body, { name: "/a", "old-version": 2 });

  const state = await send(["set-item-state", "-n", "/a", "-s", "Disabled"], {});
  assert.equal(state.exitCode, 0);
  assert.deepEqual(state.body, { name: "/a", "desired-state": "Disabled" });

  const words = [
    "update-item",
    "-n",
    "/a",
    "--new-name",
    "/b",
    "--add-tag",
    "x",
    "--add-tag",
    "y",
    "--rm-tag",
    "z",
  ];
  const update = await send([...words, "--description", "", "--delete-protection", "false"], {
    updated: true,
  });
  assert.deepEqual(update.body, {
    name: "/a",
    "new-name": "/b",
    description: "",
    "add-tag": ["x", "y"],
    "rm-tag": ["z"],
    delete_protection: "false",
  });

  const move = await send(["move-objects", "-s", "/a", "-t", "/b", "-o", "item"], {});
  assert.equal(move.stdout.toString(), "Object(s) moved successfully from /a to /b\n");
  assert.deepEqual(move.body, { source: "/a", target: "/b", "objects-type": "item" });
});

test("describe-item by path, display id or number, and by one of them only", async () => {
  const byName = await send(["describe-item", "-n", "/a", "--show-versions"], { item_name: "/a" });
  assert.deepEqual(JSON.parse(byName.stdout.toString()), { item_name: "/a" });
  assert.deepEqual(byName.body, { name: "/a", "show-versions": true });
  assert.deepEqual((await send(["describe-item", "-d", "abc"], {})).body, {
    "display-id": "abc",
    "show-versions": false,
  });
  assert.equal((await send(["describe-item", "-I", "42", "--show-versions=false"], {})).body["item-id"], 42);
  assert.equal((await send(["describe-item"], {})).exitCode, 1);
  assert.equal((await send(["describe-item", "-n", "/a", "-I", "42"], {})).exitCode, 1);
});

test("list-items: filters, and pages for whoever asks for one", async () => {
  const words = [
    "list-items",
    "--path",
    "/a",
    "--filter",
    "f",
    "--tag",
    "t",
    "-t",
    "static-secret",
    "--minimal-view",
  ];
  const { stdout, body } = await send(words, { items: null, folders: null, next_page: "" });
  assert.equal(JSON.parse(stdout.toString()).items, null);
  assert.deepEqual(body, {
    path: "/a",
    filter: "f",
    tag: "t",
    type: ["static-secret"],
    "minimal-view": true,
    "auto-pagination": "enabled",
  });
  const next = await send(["list-items", "--pagination-token", "abc"], {});
  assert.deepEqual(next.body, { "auto-pagination": "disabled", "pagination-token": "abc" });
});

test("delete-item: the item, a version, and 0 for the newest, which the API would take for the item", async () => {
  const whole = await send(["delete-item", "-n", "/a"], {});
  assert.deepEqual(whole.body, { name: "/a", version: -1 });
  assert.equal(whole.stdout.toString(), "Item /a was successfully deleted\n");
  const one = await send(["delete-item", "-n", "/a", "--version", "1"], {});
  assert.equal(one.stdout.toString(), "Item /a version 1 was successfully deleted\n");
  await using double = await GatewayDouble.start();
  double.items.set("/a", ["one", "two", "three"]);
  const words = ["delete-item", "-n", "/a", "--version", "0"];
  const newest = await invoke(words, { environment: double.environment });
  assert.equal(newest.stdout.toString(), "Item /a version 3 was successfully deleted\n");
  assert.equal(double.requests.at(-1)?.body.version, 3);
});

test("delete-items tells what was not deleted, and why", async () => {
  const all = await send(["delete-items", "-p", "/f"], { deleted_items: ["/f/a"], failed_deleted_items: {} });
  assert.deepEqual([all.exitCode, all.stdout.toString()], [0, "Item(s) deleted successfully from /f\n"]);
  const reply = { deleted_items: ["/f/a"], failed_deleted_items: { "/f/b": "it is protected" } };
  const some = await send(["delete-items", "-p", "/f"], reply);
  assert.deepEqual([some.exitCode, some.stdout.toString()], [2, ""]);
  assert.match(some.stderr, /1 of 2 items were not deleted\n {2}where: \/f\/b: it is protected/);
  const json = await send(["delete-items", "-p", "/f", "--json"], reply);
  assert.deepEqual([json.exitCode, JSON.parse(json.stdout.toString())], [2, reply]);
  assert.equal((await send(["delete-items"], {})).exitCode, 1);
});

test("get-tags, list-gateways, gateway-list-customer-fragments print the answer", async () => {
  const tags = await send(["get-tags", "-n", "/a"], ["x", "y"]);
  assert.deepEqual(JSON.parse(tags.stdout.toString()), ["x", "y"]);
  assert.deepEqual(JSON.parse((await send(["get-tags", "-n", "/a"], null)).stdout.toString()), []);
  assert.equal((await send(["get-tags", "-n", "/a"], { tags: [] })).exitCode, 2);
  for (const verb of ["list-gateways", "gateway-list-customer-fragments"]) {
    assert.deepEqual(JSON.parse((await send([verb], { x: 1 })).stdout.toString()), { x: 1 });
  }
  assert.equal((await send(["list-gateways"], [])).exitCode, 2);
});

test("validate-token: exit code 2 for one that is not valid", async () => {
  const valid = await send(["validate-token"], { is_valid: true, ttl: 3 });
  assert.deepEqual([valid.exitCode, JSON.parse(valid.stdout.toString()).ttl], [0, 3]);
  const invalid = await send(["validate-token"], { is_valid: false, reason: "expired" });
  assert.equal(invalid.exitCode, 2);
  assert.match(invalid.stderr, /not valid: expired/);
});

test("auth prints the token, of the configured credentials or of others", async () => {
  await using double = await GatewayDouble.start();
  const { environment } = double;
  const own = await invoke(["auth"], { environment });
  assert.equal(own.stdout.toString(), "Authentication succeeded.\nToken: t-double\n");
  assert.equal((await invoke(["auth", "-o", "raw"], { environment })).stdout.toString(), "t-double\n");
  const words = ["auth", "--access-id", double.accessId, "--access-type", "api_key"];
  const given = await invoke([...words, "--access-key", double.accessKey], { environment });
  assert.equal(given.exitCode, 0);
  assert.match(given.stderr, /other users can see the access key/);
  const wrong = await invoke([...words, "--access-key-file", "-"], { environment, input: "hunter2" });
  assert.equal(wrong.exitCode, 2);
  assert.doesNotMatch(wrong.stderr, /hunter2/);
  const other = await invoke(["auth", "--access-type", "saml", "--access-id", "p-x"], { environment });
  assert.equal(other.exitCode, 1);
  assert.match(other.stderr, /Allowed choices are access_key, api_key/);
});

test("names in what is printed cannot move the cursor", async () => {
  const name = "/a\u001b[2J";
  for (const line of [
    ["create-secret", "-n", name, "-v", "x"],
    ["update-secret-val", "-n", name, "-v", "x"],
    ["rollback-secret", "-n", name, "--old-version", "1"],
    ["delete-item", "-n", name],
    ["delete-items", "-p", name],
    ["update-item", "-n", name, "--add-tag", "x"],
    ["move-objects", "-s", name, "-t", name],
    ["set-item-state", "-n", name, "-s", "Enabled"],
  ]) {
    const done = await send(line, {});
    assert.equal(done.exitCode, 0, done.stderr);
    assert.match(done.stdout.toString(), /\/a\\u\{1b\}\[2J/, line.join(" "));
  }
});

test("a refusal is one of the three lines, with exit code 2", async () => {
  await using double = await GatewayDouble.start();
  double.answers.set("rollback-secret", () => refuse(401, "E_DENIED", "no"));
  const words = ["rollback-secret", "-n", "/a", "--old-version", "1"];
  const { exitCode, stderr } = await invoke(words, { environment: double.environment });
  assert.equal(exitCode, 2);
  assert.match(
    stderr,
    /^halfkey: no\n {2}where: .*\/rollback-secret, \/a, .*code E_DENIED, status 401\n {2}next: /,
  );
});
