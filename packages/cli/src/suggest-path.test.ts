import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayDouble, refuse } from "./testing/gateway-double.ts";
import { invoke } from "./testing/invoke.ts";

/** A double that lists one level at a time, as the gateway does, and has nothing to read. */
async function withPaths(...paths: string[]): Promise<GatewayDouble> {
  const double = await GatewayDouble.start();
  double.answers.set("get-secret-value", () => refuse(404, "E_NOT_FOUND", "no such item"));
  double.answers.set("list-items", ({ path, "current-folder": direct }) => {
    assert.equal(direct, true, "a whole tree is too much for a courtesy");
    const start = String(path).replace(/\/?$/, "/");
    const rest = paths.filter((one) => one.startsWith(start)).map((one) => one.slice(start.length));
    const folders = new Set(
      rest.filter((one) => one.includes("/")).map((one) => `${start}${one.split("/")[0]}/`),
    );
    const items = rest.filter((one) => !one.includes("/")).map((one) => ({ item_name: start + one }));
    return { body: { items, folders: [...folders] } };
  });
  return double;
}

async function nextStep(double: GatewayDouble, path: string): Promise<string> {
  const { exitCode, stderr } = await invoke(["get", path], { environment: double.environment });
  assert.equal(exitCode, 2);
  assert.match(stderr, /^halfkey: no such item\n {2}where: .*code E_NOT_FOUND/);
  return /next: (.*)\n$/.exec(stderr)?.[1] ?? "";
}

test("the nearest path, over one mistake in each part", async () => {
  await using double = await withPaths("/mdapi/joplin/tsig-secret/key", "/mdapi/nextcloud/db/password");
  assert.equal(
    await nextStep(double, "/mdapi/joplin/tsig-secret/kye"),
    "did you mean /mdapi/joplin/tsig-secret/key?",
  );
  assert.equal(
    await nextStep(double, "/mdapi/jopln/tsig-secrt/key"),
    "did you mean /mdapi/joplin/tsig-secret/key?",
  );
});

test("a folder is called one", async () => {
  await using double = await withPaths("/mdapi/joplin/tsig-secret/key");
  assert.match(
    await nextStep(double, "/mdapi/joplin"),
    /^\/mdapi\/joplin is a folder: `halfkey list \/mdapi\/joplin`/,
  );
});

test("nothing near, nothing listed, or no answer: the usual advice", async () => {
  await using double = await withPaths("/mdapi/joplin/key");
  assert.match(await nextStep(double, "/mdapi/joplin/something-else"), /halfkey list/);
  assert.match(await nextStep(double, "/x"), /halfkey list/);
  double.answers.set("list-items", () => refuse(401, "E_DENIED", "no"));
  assert.match(await nextStep(double, "/mdapi/joplin/kye"), /halfkey list/);
});

test("a refusal that is no 404 asks for nothing more", async () => {
  await using double = await withPaths("/a/key");
  double.answers.set("get-secret-value", () => refuse(401, "E_DENIED", "no"));
  await invoke(["get", "/a/kye"], { environment: double.environment });
  assert.deepEqual(double.commands(), ["auth", "get-secret-value"]);
});
