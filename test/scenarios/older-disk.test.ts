/** A gateway's disk from a snapshot, while the account moved on (F13, F14; docs/backup.md). */
import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { raiseTokenGeneration } from "../../packages/gateway/src/state/head-control.ts";
import { codeOf, Scenario } from "../support/scenario.ts";

let scenario: Scenario;
beforeEach(async () => {
  scenario = await Scenario.start();
});
afterEach(() => scenario.stop());

const copy = () => join(scenario.folder, "last-week");

function keepDisk(): void {
  cpSync(scenario.gatewayFolder, copy(), { recursive: true });
}

function bringBackDisk(): void {
  rmSync(scenario.gatewayFolder, { recursive: true });
  cpSync(copy(), scenario.gatewayFolder, { recursive: true });
}

test("last week's disk catches up, says how much it had missed, and undoes nothing", async () => {
  await scenario.create("/a/one", "first");
  await scenario.create("/a/gone", "x");
  const copied = scenario.gateway.status.seq;
  await scenario.restartGateway(keepDisk);
  assert.equal(scenario.gateway.status.missed, 0);
  await scenario.update("/a/one", "second");
  await scenario.remove("/a/gone");
  await scenario.create("/a/new", "n");
  const tokenGen = scenario.gateway.services.replica.settings.tokenGen;
  await scenario.run(() => raiseTokenGeneration(scenario.gateway.keyring));
  const { seq } = scenario.gateway.status;
  const before = wrapsOf();

  await scenario.restartGateway(bringBackDisk);
  const { status } = scenario.gateway;
  assert.equal(status.missed, seq - copied);
  assert.equal(status.alarm, undefined);
  assert.equal(await scenario.read("/a/one"), "second");
  assert.equal(await codeOf(scenario.read("/a/gone")), "E_NOT_FOUND");
  // What was revoked since then stays revoked.
  assert.equal(scenario.gateway.services.replica.settings.tokenGen, tokenGen + 1);
  // The same write again takes other keys, salts and nonces: no counter was set back with the disk.
  await scenario.update("/a/one", "second");
  const fresh = wrapsOf().filter((wrap) => !before.includes(wrap));
  assert.equal(fresh.length, 1);
  // docs/cryptography.md, "Sealed layout": 32 bytes of salt from byte 10, 12 of nonce from byte 74.
  const parts = (wrap: string) => [wrap.slice(10, 42), wrap.slice(74, 86)];
  for (const [at, part] of parts(fresh[0] ?? "").entries())
    assert(!before.some((wrap) => parts(wrap)[at] === part), "a salt or a nonce came again");
});

test("a consistent copy of a running gateway's disk starts as well", async () => {
  await scenario.create("/a/one", "1");
  // As a snapshot of the volume does it: all files at one moment, nothing told to the process.
  keepDisk();
  await scenario.create("/a/two", "2");
  await scenario.restartGateway(bringBackDisk);
  assert.equal(await scenario.read("/a/two"), "2");
});

function wrapsOf(): string[] {
  return [...scenario.gateway.services.replica.index.items()].flatMap(({ versions }) =>
    versions.map(({ wrap }) => Buffer.from(wrap, "base64url").toString("latin1")),
  );
}
