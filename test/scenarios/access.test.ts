/** Access against a vault that lies, and against writes that share an entry; named by number where one fits. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { recordKinds, toBase64Url } from "@halfkey/crypto";
import { type AccessRule, type Caller, parseItemPath, parseRecordName } from "@halfkey/model";
import { changeRole, createRole } from "../../packages/gateway/src/access/role-writes.ts";
import { assocRoleAm } from "../../packages/gateway/src/akeyless/association-commands.ts";
import { describeItem } from "../../packages/gateway/src/akeyless/describe-item.ts";
import { listItems } from "../../packages/gateway/src/akeyless/list-items.ts";
import { RequestAudit } from "../../packages/gateway/src/audit/request-audit.ts";
import { createMethod, deleteMethod } from "../../packages/gateway/src/auth/method-writes.ts";
import { Deadline } from "../../packages/gateway/src/deadline.ts";
import { moveItems } from "../../packages/gateway/src/items/move-items.ts";
import { journalFileIn, snapshotFileIn } from "../../packages/gateway/src/state/local-state.ts";
import type { WritePlan } from "../../packages/gateway/src/state/pending-write.ts";
import { codeOf, eventually, Scenario } from "../support/scenario.ts";

let scenario: Scenario;
beforeEach(async () => {
  scenario = await Scenario.start();
});
afterEach(async () => scenario.stop());

const services = () => scenario.gateway.services;
const roleId = (name: string) => toBase64Url(scenario.gateway.keyring.recordId(recordKinds.role, name));

/** A role of the scenario's caller, with one rule. */
async function giveRole(name: string, rule: AccessRule): Promise<void> {
  const role = parseRecordName(name);
  const { caller } = scenario;
  await scenario.run(() => createRole(services(), caller, role, { description: "", admin: false }));
  await scenario.run(() =>
    changeRole(services(), caller, role, (held) => ({
      role: {
        ...held,
        rules: [rule],
        associations: [{ id: "ass-test", accessId: caller.accessId, subClaims: {} }],
      },
      result: undefined,
    })),
  );
}

/** The vault answers as if it had no such records. */
function withhold(...ids: string[]): void {
  scenario.vault.lie = ({ path, request, reply }) => {
    if (path !== "/v1/records") return undefined;
    (request.ids as string[]).forEach((wanted, at) => {
      if (ids.includes(wanted)) reply.records[at] = null;
    });
    return undefined;
  };
}

test("43, 51: a prohibition that the vault withholds from a gateway without memory is not gone", async () => {
  await scenario.create("/mdapi/gitlab/token", "value");
  await giveRole("no-gitlab", { pattern: "/mdapi/gitlab/*", capabilities: ["deny"] });
  assert.equal(await codeOf(scenario.read("/mdapi/gitlab/token")), "E_DENIED");
  withhold(roleId("no-gitlab"));
  await scenario.restartGateway(() => {
    rmSync(journalFileIn(scenario.gatewayFolder));
    rmSync(snapshotFileIn(scenario.gatewayFolder), { force: true });
  });
  assert.equal(scenario.alarm, "E_STATE");
  assert.equal(await codeOf(scenario.read("/mdapi/gitlab/token")), "E_STATE");
});

test("43, 51: nor when the operator has accepted an older history", async () => {
  await scenario.create("/mdapi/gitlab/token", "value");
  await giveRole("no-gitlab", { pattern: "/mdapi/gitlab/*", capabilities: ["deny"] });
  await scenario.copyVault("early");
  await scenario.create("/mdapi/other/later", "value");
  await scenario.restoreVault("early");
  await eventually("the rollback is noticed", () => scenario.alarm === "E_ROLLBACK");
  withhold(roleId("no-gitlab"), roleId("admin"), roleId("everything"));
  const { head } = services();
  const { vault } = await head.show();
  assert(vault !== null);
  await head.accept(vault);
  assert.equal(await codeOf(scenario.read("/mdapi/gitlab/token")), "E_DENIED");
});

test("53: an accepted history brings no revoked token back, even if the entry that ends it does not come about", async () => {
  const { authenticator, revocations } = services();
  await scenario.copyVault("early");
  const { accessId, accessKey } = scenario.credentials;
  const attempt = { type: "api_key", accessId, accessKey } as const;
  const { token } = await authenticator.logIn(attempt, "127.0.0.1", Deadline.in(2000));
  const caller = await authenticator.authenticate(token, "127.0.0.1", Deadline.in(2000));
  await revocations.run({ tokenId: caller.tokenId }, caller, Deadline.in(2000));
  await scenario.restoreVault("early");
  await eventually("the rollback is noticed", () => scenario.alarm === "E_ROLLBACK");
  const { head } = services();
  const { vault } = await head.show();
  assert(vault !== null);
  scenario.vault.lie = ({ path }) => (path === "/v1/records" ? "drop" : undefined);
  assert.notEqual(await codeOf(head.accept(vault)), "none");
  scenario.vault.lie = undefined;
  const codeNow = () => codeOf(authenticator.authenticate(token, "127.0.0.1", Deadline.in(2000)));
  await eventually("the settings are known again", async () => (await codeNow()) !== "E_STATE");
  assert.equal(await codeNow(), "E_TOKEN");
  await scenario.restartGateway();
  assert.equal(
    await codeOf(services().authenticator.authenticate(token, "127.0.0.1", Deadline.in(2000))),
    "E_TOKEN",
  );
});

/** Holds the next append at the vault, so that writes pile up behind it. */
function holdNextAppend(milliseconds: number): void {
  let held = false;
  scenario.vault.lie = async ({ path }) => {
    if (path === "/v1/append" && !held) {
      held = true;
      await sleep(milliseconds);
    }
    return undefined;
  };
}

test("a large move beside others' writes makes none of them fail", async () => {
  const path = (folder: string, at: number) => parseItemPath(`/mdapi/${folder}/key-${at}`);
  await Promise.all(Array.from({ length: 256 }, (_, at) => scenario.create(path("from", at), "x")));
  holdNextAppend(1500);
  const first = scenario.create("/mdapi/other/first", "x");
  await sleep(100);
  const others = Array.from({ length: 500 }, (_, at) => scenario.create(path("other", at), "x"));
  await sleep(600);
  const moves = Array.from({ length: 256 }, (_, at) => ({ from: path("from", at), to: path("to", at) }));
  const move = scenario.run(() => moveItems(services().writeParts, scenario.caller, moves), 10_000);
  assert.deepEqual(
    (await Promise.allSettled([first, ...others, move])).flatMap((one) =>
      one.status === "rejected" ? [String(one.reason)] : [],
    ),
    [],
  );
  assert.equal(await scenario.read("/mdapi/to/key-255"), "x");
});

test("a record that is too large fails alone", async () => {
  const path = parseItemPath("/mdapi/large/one");
  await scenario.create(path, "x");
  const held = services().replica.index.item(path);
  assert(held !== undefined);
  const tooLarge: WritePlan<void> = {
    claims: ["too-large"],
    async prepare() {},
    build(view) {
      const { n: _, ...item } = held;
      view.put({ ...item, description: "x".repeat(300_000) });
      return { result: undefined };
    },
  };
  holdNextAppend(500);
  const first = scenario.create("/mdapi/other/first", "x");
  await sleep(100);
  const beside = scenario.create("/mdapi/other/beside", "x");
  await sleep(50);
  assert.equal(await codeOf(scenario.run(() => tooLarge)), "E_TOO_LARGE");
  await Promise.all([first, beside]);
});

test("an auth method that is deleted while a role is given to it leaves no association behind", async () => {
  const { caller } = scenario;
  const method = await scenario.run(() =>
    createMethod(services(), caller, parseRecordName("short-lived"), { type: "api_key" }),
  );
  await scenario.run(() =>
    createRole(services(), caller, parseRecordName("late"), { description: "", admin: false }),
  );
  const held = services().replica.index.method(method.accessId);
  assert(held !== undefined);
  holdNextAppend(800);
  const first = scenario.create("/mdapi/other/first", "x");
  await sleep(100);
  const audit = new RequestAudit(services().audit.recorder, "assoc-role-am", { id: "", address: "" });
  const request = { "role-name": "late", "am-name": "short-lived" };
  const [, deleted, associated] = await Promise.allSettled([
    first,
    scenario.run(() => deleteMethod(services(), caller, held)),
    assocRoleAm.run(services(), { caller, request, address: "", deadline: Deadline.in(5000), audit }),
  ]);
  assert.equal(deleted.status, "fulfilled");
  assert.equal(associated.status, "rejected");
  assert.deepEqual(services().replica.index.role("late")?.associations, []);
});

test("34: the number of a forbidden item costs the same look at the vault as one that does not exist", async () => {
  await scenario.create("/mdapi/gitlab/token", "value");
  const id = services().replica.index.item(parseItemPath("/mdapi/gitlab/token"))?.itemId ?? 0;
  const stranger: Caller = { accessId: "p-stranger", tokenId: "", claims: {} };
  const looksOf = async (itemId: number) => {
    const asked: string[] = [];
    scenario.vault.lie = ({ path }) => {
      if (path !== "/v1/journal") asked.push(path);
      return undefined;
    };
    const audit = new RequestAudit(services().audit.recorder, "describe", { id: "", address: "" });
    const request = { "item-id": itemId };
    const call = { caller: stranger, request, address: "", deadline: Deadline.in(2000), audit };
    assert.equal(await codeOf(describeItem.run(services(), call)), "E_DENIED");
    return asked;
  };
  assert.deepEqual(await looksOf(id + 1), await looksOf(id));
});

test("10: a page's token is no way to make the gateway parse megabytes", async () => {
  const audit = new RequestAudit(services().audit.recorder, "list", { id: "", address: "" });
  const list = (text: string) => {
    const request = {
      "auto-pagination": "disabled",
      "pagination-token": Buffer.from(text).toString("base64"),
    };
    const call = { caller: scenario.caller, request, address: "", deadline: Deadline.in(2000), audit };
    return codeOf(listItems.run(services(), call));
  };
  assert.equal(await list('{"i":"/a"}'), "none");
  assert.equal(await list(`{"i":"/a"${" ".repeat(100_000)}}`), "E_INPUT");
  assert.equal(await list("["), "E_INPUT");
});
