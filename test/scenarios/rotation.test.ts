// Rotation of both fragments: against a real vault, a lying one, and a gateway that stops in between.
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { after, afterEach, before, describe, test } from "node:test";
import {
  buildEntry,
  fromBase64Url,
  generateInstanceId,
  generateSigningKey,
  keyCheckContext,
  operations,
  purposes,
  readFragmentHeader,
  recordKinds,
  sealRecord,
  sha256,
  signingKeyFromSeed,
  toBase64Url,
  writerId,
} from "@halfkey/crypto";
import type { ItemRecord } from "@halfkey/model";
import type { RotateStatusReply } from "@halfkey/wire";
import { noteBackup } from "../../packages/gateway/src/backup/backup-record.ts";
import { Deadline } from "../../packages/gateway/src/deadline.ts";
import { fragmentFileIn } from "../../packages/gateway/src/fragment/fragment-file.ts";
import { undeleteItem } from "../../packages/gateway/src/items/trash.ts";
import { wrapEpochs } from "../../packages/gateway/src/rotation/survey-epochs.ts";
import { instanceList, instanceRevoke } from "../../packages/gateway/src/routes/instances.ts";
import { journalFileIn, snapshotFileIn } from "../../packages/gateway/src/state/local-state.ts";
import { VaultClient } from "../../packages/gateway/src/vault-client/vault-client.ts";
import { codeOf, eventually, Scenario } from "../support/scenario.ts";

let scenario: Scenario;
const rotation = () => scenario.gateway.services.rotation;
const status = (): Promise<RotateStatusReply> => rotation().status();
const complete = () =>
  eventually("the rotation is complete", async () => (await status()).completed !== null, 60_000);
const withoutBackup = () => ({ withoutBackupCheck: scenario.payload.fragment });
const replica = () => scenario.gateway.services.replica;
const header = () => readFragmentHeader(readFileSync(fragmentFileIn(scenario.gatewayFolder), "utf8"));

async function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "none",
    (error: Error) => error.message,
  );
}

async function fresh(): Promise<void> {
  scenario = await Scenario.start();
  await scenario.create("/a/one", "1");
  await scenario.update("/a/one", "2");
  await scenario.create("/a/two", "two");
  await scenario.create("/a/gone", "g");
  await scenario.remove("/a/gone");
}

async function readsAll(): Promise<void> {
  assert.equal(await scenario.read("/a/one", 1), "1");
  assert.equal(await scenario.read("/a/one"), "2");
  assert.equal(await scenario.read("/a/two"), "two");
}

describe("both fragments, one after the other", () => {
  before(fresh);
  after(() => scenario?.stop());

  test("begins only with a verified bundle, or the fragment's id typed", async () => {
    assert.match(await refusal(rotation().start({ what: "customer" })), /no verified bundle/);
    assert.match(
      await refusal(rotation().start({ what: "customer", withoutBackupCheck: "yes" })),
      /must name/,
    );
    assert.equal((await status()).customerEpoch, 1);
    assert.equal(await codeOf(scenario.create("/a/meanwhile", "m")), "none");
    // What an attempt has left in the file is used by the next, also after a start.
    await scenario.restartGateway();
    const [, left] = header().epochs;
    await rotation().start({ what: "customer", ...withoutBackup() });
    assert.deepEqual(
      header().epochs.map(({ e }) => e),
      [1, 2],
    );
    assert.equal(scenario.gateway.keyring.customerKcv(2), left?.kcv);
  });

  test("a customer epoch goes only when nothing names it, a week later, and with backups", async () => {
    assert.match(await refusal(rotation().start({ what: "vault" })), /under way/);
    assert.match(
      await refusal(rotation().finish({ incident: true, ...withoutBackup() })),
      /not complete|still named/,
    );
    await complete();
    assert.match(await refusal(rotation().finish(withoutBackup())), /less than 7 days ago/);
    assert.match(await refusal(rotation().finish({ incident: true })), /no verified bundle/);
    const destroyed = await rotation().finish({ incident: true, ...withoutBackup() });
    assert.deepEqual(destroyed, { customerEpochs: [1], vaultEpochs: [] });
    assert.deepEqual(
      header().epochs.map(({ e }) => e),
      [2],
    );
    assert.equal(existsSync(`${fragmentFileIn(scenario.gatewayFolder)}.1`), false);
    await scenario.restartGateway();
    assert.deepEqual(scenario.gateway.keyring.customerEpochs, [2]);
    await readsAll();
  });

  test("the vault makes a new fragment on demand, and destroys the old one", async () => {
    await rotation().start({ what: "vault" });
    await complete();
    const destroyed = await rotation().finish({ incident: true, ...withoutBackup() });
    assert.deepEqual(destroyed, { customerEpochs: [], vaultEpochs: [1] });
    await readsAll();
    const { keyring, writeParts } = scenario.gateway.services;
    assert.equal(await codeOf(writeParts.fragments.share(keyCheckContext(keyring.account, 0, 1))), "E_EPOCH");
    assert.deepEqual(
      header().vaultEpochs.map(({ f }) => f),
      [2],
    );
    await scenario.restartGateway();
    await readsAll();
  });

  test("both at once, and what was deleted comes back from the trash", async () => {
    await rotation().start({ what: "all", ...withoutBackup() });
    await complete();
    await rotation().finish({ incident: true, ...withoutBackup() });
    const { customerEpoch, vaultEpoch, oldCustomerEpochs, oldVaultEpochs } = await status();
    assert.deepEqual([customerEpoch, vaultEpoch, oldCustomerEpochs, oldVaultEpochs], [3, 3, [], []]);
    await scenario.run(() =>
      undeleteItem(scenario.gateway.services.writeParts, scenario.caller, "/a/gone" as never),
    );
    assert.equal(await scenario.read("/a/gone"), "g");
    const roots = replica().settings.auditRoots.map(({ e, f }) => [e, f]);
    assert.deepEqual(roots, [
      [1, 1],
      [2, 1],
      [2, 2],
    ]);
  });

  test("50: a record of an epoch that was left is refused, even with a writer's signature", async () => {
    await scenario.create("/a/stale", "s");
    await rotation().start({ what: "customer", ...withoutBackup() });
    await complete();
    // Before the old epoch is destroyed: later its thief alone would have it.
    const { keyring } = scenario.gateway;
    const { state, index } = replica();
    const id = keyring.recordId(recordKinds.item, "/a/stale");
    const item = index.item("/a/stale" as never) as ItemRecord;
    const root = keyring.root(purposes.record, 3, 3) as Buffer;
    const sealed = sealRecord({
      ...{ account: keyring.account, id, customerEpoch: 3, vaultEpoch: 3, root, hedge: keyring.hedge },
      content: { ...item, n: state.seq, description: "by the thief" },
    });
    const entry = buildEntry({
      state,
      operations: [{ op: operations.putRecord, id, value: sha256(sealed) }],
      time: Date.now(),
      writer: keyring.instance,
      signingKey: signingKeyFromSeed(fromBase64Url(scenario.payload.instance.sign, 32)),
    });
    const { instance, vaultKey: key, vaultUrl: url } = keyring;
    const client = new VaultClient({ url, ca: undefined, instance, key });
    const body = {
      entry: toBase64Url(entry.bytes),
      records: [[toBase64Url(id), toBase64Url(sealed)]],
      ...{ blobs: [], own: [], drop: [] },
    };
    const deadline = Deadline.in(5000);
    await client.request({ method: "POST", target: "/v1/append", body, deadline, replyBytesMax: 65_536 });
    await client.close();
    await eventually("the alarm is raised", () => scenario.alarm === "E_STATE");
    assert.equal(await codeOf(scenario.read("/a/stale")), "E_STATE");
  });
});

describe("what may come in between", () => {
  afterEach(() => scenario?.stop());

  test("50: another instance holds its epoch up until it is revoked", async () => {
    await fresh();
    const instance = generateInstanceId();
    const { keyring } = scenario.gateway;
    await scenario.run(() => ({
      claims: [],
      async prepare() {},
      build(view) {
        const { publicKey } = generateSigningKey();
        view.draft.operations.push({ op: operations.admitWriter, id: writerId(instance), value: publicKey });
        view.put({ t: "audit", instance, boot: "", k: 1, size: 0, root: "" });
        return { result: undefined };
      },
    }));
    assert.match(
      await refusal(rotation().start({ what: "customer", ...withoutBackup() })),
      new RegExp(`instances ${instance} would lack`),
    );
    await rotation().start({ what: "vault" });
    await eventually("only the other instance is left", async () => (await status()).left === 1);
    assert.deepEqual((await status()).waitingFor, [instance]);
    assert.match(
      await refusal(rotation().finish({ incident: true, ...withoutBackup() })),
      new RegExp(instance),
    );
    const call = (request: object) =>
      ({
        ...{ caller: scenario.caller, request, address: "", deadline: Deadline.in(5000) },
        audit: { wrote: async () => {} },
      }) as never;
    const listed = await instanceList.run(scenario.gateway.services, call({}));
    assert.deepEqual(
      (listed as { instances: object[] }).instances.find((one) => "own" in one && one.own === false),
      { instance, own: false, current: false },
    );
    assert.equal(
      await codeOf(instanceRevoke.run(scenario.gateway.services, call({ instance: keyring.instance }))),
      "E_INPUT",
    );
    await instanceRevoke.run(scenario.gateway.services, call({ instance }));
    await complete();
    await rotation().finish({ incident: true, ...withoutBackup() });
    await readsAll();
  });

  test("a vault that announces an epoch by itself, or gives wrong shares, changes nothing", async () => {
    await fresh();
    scenario.vault.lie = ({ path, reply }) => {
      if (path === "/v1/head") reply.epochs = [1, 2, 3];
      return undefined;
    };
    await scenario.create("/a/three", "3");
    assert.equal((await status()).vaultEpoch, 1);
    assert.equal((await status()).begun, null);
    // Different at each question: nothing is sealed under any of them.
    let flips = 0;
    let wrongAt = 20;
    scenario.vault.lie = ({ path, reply }) => {
      if (path !== "/v1/share") return undefined;
      flips += 1;
      for (const one of reply.shares)
        if (one.share !== null) one.share = flipped(one.share, wrongAt, (flips % 255) + 1);
      return undefined;
    };
    assert.match(await refusal(rotation().start({ what: "vault" })), /two different/);
    assert.equal(replica().settings.vaultEpoch, 1);
    // From the announcement on: the same wrong answer each time, as a share of another epoch would be.
    let isAnnounced = false;
    scenario.vault.lie = ({ path, reply }) => {
      if (path === "/v1/append") isAnnounced = true;
      if (path !== "/v1/share" || !isAnnounced) return undefined;
      for (const one of reply.shares) if (one.share !== null) one.share = flipped(one.share, wrongAt, 1);
      return undefined;
    };
    wrongAt = 0;
    await rotation().start({ what: "vault" });
    await eventually("it is noticed", async () =>
      /another fragment.*E_KEY/.test((await status()).error ?? ""),
    );
    assert.deepEqual((await status()).broken, []);
    // A key check value has 4 bytes of a share: a liar who takes care may have everything believed broken.
    wrongAt = 20;
    await complete();
    assert.equal((await status()).broken.length, 5);
    assert.match(await refusal(rotation().finish({ incident: true, ...withoutBackup() })), /would be lost/);
    scenario.vault.lie = undefined;
    await scenario.restartGateway();
    await eventually("they open again", async () => (await status()).broken.length === 0);
    await rotation().finish({ incident: true, ...withoutBackup() });
    await readsAll();
  });

  test("a version that does not open holds nothing up, and is lost only if its loss is confirmed", async () => {
    await fresh();
    const { keyring } = scenario.gateway;
    const id = toBase64Url(keyring.recordId(recordKinds.item, "/a/two"));
    await scenario.run(() => ({
      claims: [id],
      async prepare() {},
      build(view) {
        const item = view.get<ItemRecord>(recordKinds.item, "/a/two");
        const [version] = item?.versions ?? [];
        if (item === undefined || version === undefined) throw new Error("the item is there");
        view.put({ ...item, versions: [{ ...version, wrap: flipped(version.wrap, 100, 1) }] });
        return { result: undefined };
      },
    }));
    await rotation().start({ what: "all", ...withoutBackup() });
    await complete();
    assert.deepEqual((await status()).broken, [{ name: "/a/two", version: 1 }]);
    assert.match(
      await refusal(rotation().finish({ incident: true, ...withoutBackup() })),
      /would be lost for good .*: \/a\/two version 1/,
    );
    await rotation().finish({ incident: true, giveUp: 1, ...withoutBackup() });
    await scenario.restartGateway();
    assert.equal(await scenario.read("/a/one"), "2");
    assert.equal(await codeOf(scenario.read("/a/two")), "E_EPOCH");
    assert.equal(await codeOf(scenario.update("/a/two", "again")), "none");
    assert.equal(await scenario.read("/a/two"), "again");
  });

  test("a gateway that is stopped in between, and one without memory, go on", async () => {
    await fresh();
    for (let at = 0; at < 60; at += 1) await scenario.create(`/many/${at}`, String(at));
    await rotation().start({ what: "all", ...withoutBackup() });
    for (let stops = 0; stops < 4; stops += 1) {
      await scenario.restartGateway();
      await eventually("some are done", async () => (await status()).left < 60);
    }
    await complete();
    await scenario.restartGateway(() => {
      rmSync(journalFileIn(scenario.gatewayFolder));
      rmSync(snapshotFileIn(scenario.gatewayFolder), { force: true });
    });
    assert.equal((await status()).left, 0);
    const pairs = new Set(
      [...replica().index.items()].flatMap(({ versions }) =>
        versions.map((one) => JSON.stringify(wrapEpochs(one))),
      ),
    );
    assert.deepEqual([...pairs], [JSON.stringify({ customerEpoch: 2, vaultEpoch: 2 })]);
    await rotation().finish({ incident: true, ...withoutBackup() });
    for (let at = 0; at < 60; at += 1) assert.equal(await scenario.read(`/many/${at}`), String(at));
  });

  test("a verified bundle that was begun after the epoch was made is as good as the id", async () => {
    await fresh();
    const recovery = "age1pq1own";
    await (await scenario.openFragment()).change((payload) => ({ ...payload, recovery }));
    await scenario.restartGateway();
    const note = (time: number, recipient: string) =>
      noteBackup(scenario.gatewayFolder, {
        ...{ target: "t", name: "n", seq: 0, bytes: 0, items: 0, seconds: 1, recipient },
        time: new Date(time).toISOString(),
      });
    const refused = /no verified bundle/;
    assert.match(await refusal(rotation().start({ what: "customer" })), refused);
    const { mtimeMs } = statSync(fragmentFileIn(scenario.gatewayFolder));
    // Begun before the epoch was in the file, although complete after it; or to paper shares that count no more.
    await note(mtimeMs + 500, recovery);
    assert.match(await refusal(rotation().start({ what: "customer" })), refused);
    await note(mtimeMs + 2000, "age1pq1another");
    assert.match(await refusal(rotation().start({ what: "customer" })), refused);
    await note(mtimeMs + 2000, recovery);
    assert.equal((await rotation().start({ what: "customer" })).customerEpoch, 2);
  });

  test("a fragment file from before a vault epoch still starts: the journal tells of it", async () => {
    await fresh();
    const file = fragmentFileIn(scenario.gatewayFolder);
    const old = readFileSync(file);
    await rotation().start({ what: "vault" });
    await complete();
    await rotation().finish({ incident: true, ...withoutBackup() });
    await scenario.restartGateway(() => {
      writeFileSync(file, old);
      rmSync(journalFileIn(scenario.gatewayFolder));
      rmSync(snapshotFileIn(scenario.gatewayFolder), { force: true });
    });
    await readsAll();
  });

  test("an instance without the new epoch answers E_EPOCH and writes nothing", async () => {
    await fresh();
    const file = fragmentFileIn(scenario.gatewayFolder);
    const old = readFileSync(file);
    await rotation().start({ what: "customer", ...withoutBackup() });
    await complete();
    await scenario.gateway.stop();
    writeFileSync(file, old);
    scenario.gateway = await scenario.openGateway();
    void scenario.gateway.start();
    await eventually("it says why", () =>
      /epoch that this gateway's fragment file lacks/.test(scenario.gateway.status.reason?.message ?? ""),
    );
    assert.equal(scenario.gateway.status.ready, false);
  });
});

function flipped(base64Url: string, at: number, mask: number): string {
  const bytes = fromBase64Url(base64Url);
  bytes[at] = (bytes[at] ?? 0) ^ mask;
  return toBase64Url(bytes);
}
