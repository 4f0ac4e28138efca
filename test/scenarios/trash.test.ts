import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { parseItemPath } from "@halfkey/model";
import { Purge } from "../../packages/gateway/src/items/purge.ts";
import { undeleteItem } from "../../packages/gateway/src/items/trash.ts";
import { codeOf, Scenario } from "../support/scenario.ts";

const dayMs = 24 * 60 * 60 * 1000;

let scenario: Scenario;
beforeEach(async () => {
  scenario = await Scenario.start();
});
afterEach(async () => scenario.stop());

const undelete = (path: string) =>
  scenario.run(() =>
    undeleteItem(scenario.gateway.services.writeParts, scenario.caller, parseItemPath(path)),
  );

test("what was deleted comes back with all its versions, and counts on", async () => {
  await scenario.create("/a/b", "one");
  await scenario.update("/a/b", "two");
  await scenario.remove("/a/b");
  assert.equal(await codeOf(scenario.read("/a/b")), "E_NOT_FOUND");
  await undelete("/a/b");
  assert.equal(await scenario.read("/a/b"), "two");
  assert.equal(await scenario.read("/a/b", 1), "one");
  assert.deepEqual(await scenario.update("/a/b", "three"), { version: 3 });
});

test("a name that is taken again is not overwritten by what was deleted", async () => {
  await scenario.create("/a/b", "old");
  await scenario.remove("/a/b");
  assert.deepEqual(await scenario.create("/a/b", "new"), { version: 2 });
  assert.equal(await codeOf(undelete("/a/b")), "E_EXISTS");
  await scenario.remove("/a/b");
  await undelete("/a/b");
  assert.equal(await scenario.read("/a/b"), "new");
  assert.deepEqual(await scenario.update("/a/b", "next"), { version: 3 });
});

test("after its days in the trash an item goes for good, and no earlier", async () => {
  await scenario.create("/a/b", "value");
  await scenario.remove("/a/b");
  const { writes, writeParts } = scenario.gateway.services;
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const purge = new Purge({ writes, writeParts, log });
  assert.equal(await purge.run(Date.now() + 6 * dayMs), 0);
  assert.equal(await purge.run(Date.now() + 8 * dayMs), 1);
  assert.equal(await codeOf(undelete("/a/b")), "E_NOT_FOUND");
  await scenario.restartGateway();
  assert.equal(scenario.alarm, undefined);
});
