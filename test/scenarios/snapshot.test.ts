/** The snapshot spares a start the journal, and is never needed nor believed beyond its seals. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, test } from "node:test";
import { journalFileIn, snapshotFileIn } from "../../packages/gateway/src/state/local-state.ts";
import { codeOf, Scenario } from "../support/scenario.ts";

let scenario: Scenario;
beforeEach(async () => {
  scenario = await Scenario.start();
  await scenario.create("/a/one", "one");
  await scenario.create("/a/two", "two");
});
afterEach(async () => scenario.stop());

const journal = () => journalFileIn(scenario.gatewayFolder);
const snapshot = () => snapshotFileIn(scenario.gatewayFolder);

function flipByte(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

test("after a clean stop the journal before the snapshot is not read again", async () => {
  await scenario.restartGateway(() => flipByte(journal(), 40));
  assert.equal(await scenario.read("/a/one"), "one");
  await scenario.gateway.stop();
  rmSync(snapshot());
  assert.equal(await codeOf(scenario.openGateway()), "E_CHECK");
  // What the test has broken is mended, so that the scenario can end in order.
  flipByte(journal(), 40);
  scenario.gateway = await scenario.openGateway();
  await scenario.gateway.start();
  assert.equal(await scenario.read("/a/two"), "two");
});

test("a damaged snapshot costs time and nothing else", async () => {
  await scenario.gateway.stop();
  const { size } = statSync(snapshot());
  for (const at of [0, 3, 60, Math.floor(size / 3), Math.floor(size / 2), size - 1]) {
    flipByte(snapshot(), at);
    scenario.gateway = await scenario.openGateway();
    await scenario.gateway.start();
    assert.equal(await scenario.read("/a/one"), "one", `byte ${at}`);
    assert.equal(scenario.alarm, undefined);
    await scenario.gateway.stop();
  }
});

test("an old snapshot with a longer journal is brought up to date from it", async () => {
  await scenario.gateway.stop();
  const old = readFileSync(snapshot());
  scenario.gateway = await scenario.openGateway();
  await scenario.gateway.start();
  await scenario.update("/a/one", "changed");
  await scenario.remove("/a/two");
  await scenario.restartGateway(() => writeFileSync(snapshot(), old));
  assert.equal(await scenario.read("/a/one"), "changed");
  assert.equal(await codeOf(scenario.read("/a/two")), "E_NOT_FOUND");
});

test("nothing of the opened index lies in clear on the disk", async () => {
  await scenario.create("/a/needle-in-the-index", "needle-value");
  await scenario.gateway.stop();
  assert(existsSync(snapshot()));
  for (const file of [snapshot(), journal()]) {
    const text = readFileSync(file, "latin1");
    for (const needle of ["needle-in-the-index", "needle-value", "/a/one", "everything"])
      assert(!text.includes(needle), `${file} holds ${needle}`);
  }
  scenario.gateway = await scenario.openGateway();
  await scenario.gateway.start();
});
