/** What the operator does about an alarm: accept the vault's history, or push what the vault lost. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { codeOf, eventually, Scenario } from "../support/scenario.ts";

let scenario: Scenario;
beforeEach(async () => {
  scenario = await Scenario.start();
});
afterEach(async () => scenario.stop());

async function rollBack(): Promise<void> {
  await scenario.create("/a/old", "old");
  await scenario.copyVault("early");
  await scenario.create("/a/new", "new");
  await scenario.update("/a/old", "changed");
  await scenario.restoreVault("early");
  await eventually("the rollback is noticed", () => scenario.alarm === "E_ROLLBACK");
}

test("accept: the vault's older history becomes ours, tokens end, writing goes on", async () => {
  await rollBack();
  const { head, replica } = scenario.gateway.services;
  const shown = await head.show();
  assert.equal(shown.alarm?.code, "E_ROLLBACK");
  assert(shown.vault !== null && shown.vault.seq < shown.own.seq);
  const generation = replica.settings.tokenGen;
  assert.equal(await codeOf(head.accept({ seq: shown.vault.seq, hash: "00".repeat(32) })), "E_CONFLICT");
  const accepted = await head.accept(shown.vault);
  assert.equal(accepted.undone, 2);
  assert.equal(scenario.alarm, undefined);
  assert.equal(replica.settings.tokenGen, generation + 1);
  assert.equal(await scenario.read("/a/old"), "old");
  assert.equal(await codeOf(scenario.read("/a/new")), "E_NOT_FOUND");
  await scenario.create("/a/next", "next");
  await scenario.restartGateway();
  assert.equal(await scenario.read("/a/next"), "next");
});

test("accept without an alarm is refused", async () => {
  const { head } = scenario.gateway.services;
  assert.equal(await codeOf(head.accept({ seq: 1, hash: "00".repeat(32) })), "E_CONFLICT");
});

test("push: a vault restored from an older backup gets entries and records, and lost values are named", async () => {
  await rollBack();
  const pushed = await scenario.gateway.services.head.push();
  assert.equal(pushed.entries, 2);
  assert.deepEqual(pushed.lost, [
    { name: "/a/new", version: 1 },
    { name: "/a/old", version: 2 },
  ]);
  await eventually("the alarm ends", () => scenario.alarm === undefined);
  assert.equal(await scenario.read("/a/old", 1), "old");
  assert.equal(await codeOf(scenario.read("/a/new")), "E_BLOB");
  await scenario.update("/a/new", "again");
  assert.equal(await scenario.read("/a/new"), "again");
  await scenario.restartGateway();
  assert.equal(scenario.alarm, undefined);
});

test("push, after a restart that began with a snapshot behind the vault's head", async () => {
  await scenario.create("/a/old", "old");
  await scenario.copyVault("early");
  await scenario.create("/a/new", "new");
  await scenario.restartGateway();
  await scenario.restoreVault("early");
  await eventually("the rollback is noticed", () => scenario.alarm === "E_ROLLBACK");
  const pushed = await scenario.gateway.services.head.push();
  assert.deepEqual(pushed.lost, [{ name: "/a/new", version: 1 }]);
  await eventually("the alarm ends", () => scenario.alarm === undefined);
  await scenario.create("/a/next", "next");
});
