// list, describe and delete.
import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayDouble } from "../testing/gateway-double.ts";
import { invoke } from "../testing/invoke.ts";

const path = "/mdapi/demo/greeting";

test("list: a table, JSON, bare paths; names cannot move the cursor", async () => {
  await using double = await GatewayDouble.start();
  const { environment } = double;
  double.items.set(path, ["a", "b"]).set("/x\u001b[2J\ny", ["c"]);
  const table = (await invoke(["list"], { environment })).stdout.toString();
  assert.match(table, /^PATH +TYPE +VERSION +MODIFIED\n\/mdapi\/demo\/greeting +STATIC_SECRET +2 /);
  assert.match(table, /\/x\\u\{1b\}\[2J\\u\{a\}y/);
  const raw = (await invoke(["list", "-o", "raw"], { environment })).stdout.toString();
  assert.equal(raw, `${path}\n/x\\u{1b}[2J\\u{a}y\n`);
  const json = JSON.parse((await invoke(["list", "--json"], { environment })).stdout.toString());
  assert.equal(json[0].version, 2);
  assert.equal(json[1].path, "/x\u001b[2J\ny");
});

test("list asks for the folder and the filter, and reads every page", async () => {
  await using double = await GatewayDouble.start();
  const pages = [
    { items: [{ item_name: "/a/1" }], next_page: "more" },
    { items: null, next_page: "" },
  ];
  double.answers.set("list-items", () => ({ body: pages.shift() }));
  const list = await invoke(["list", "/a", "--filter", "x", "-o", "raw"], {
    environment: double.environment,
  });
  assert.equal(list.stdout.toString(), "/a/1\n");
  assert.deepEqual(
    double.requests.slice(1).map(({ body }) => [body.path, body.filter, body["pagination-token"]]),
    [
      ["/a", "x", ""],
      ["/a", "x", "more"],
    ],
  );
});

test("an empty list says so on stderr only", async () => {
  await using double = await GatewayDouble.start();
  const list = await invoke(["list"], { environment: double.environment });
  assert.deepEqual([list.exitCode, list.stdout.toString()], [0, ""]);
  assert.match(list.stderr, /nothing there/);
});

test("describe shows versions and no value", async () => {
  await using double = await GatewayDouble.start();
  const { environment } = double;
  double.items.set(path, ["hunter1", "hunter2"]);
  const shown = await invoke(["describe", path], { environment });
  assert.match(shown.stdout.toString(), /version 2 +2026-01-01T00:00:00Z/);
  assert.doesNotMatch(shown.stdout.toString(), /hunter/);
  const json = JSON.parse((await invoke(["describe", path, "--json"], { environment })).stdout.toString());
  assert.deepEqual([json.version, json.versions.length, json.tags], [2, 2, []]);
});

test("delete asks on a terminal, wants --yes elsewhere", async () => {
  await using double = await GatewayDouble.start();
  const { environment } = double;
  double.items.set(path, ["x"]);
  const silent = await invoke(["delete", path], { environment });
  assert.equal(silent.exitCode, 1);
  assert.match(silent.stderr, /--yes/);
  const no = await invoke(["delete", path], { environment, inputIsTty: true, input: "n\n" });
  assert.equal(no.exitCode, 1);
  assert.deepEqual(double.requests, []);
  const yes = await invoke(["delete", path], { environment, inputIsTty: true, input: "y\n" });
  assert.deepEqual([yes.exitCode, yes.stdout.toString()], [0, `deleted ${path}\n`]);
  double.items.set(path, ["x"]);
  assert.equal((await invoke(["delete", path, "--yes"], { environment })).exitCode, 0);
  assert.equal(double.items.size, 0);
});
