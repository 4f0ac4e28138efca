/**
 * A vault that speaks the real protocol and lies. Each scenario is named by its row in the attack table of
 * docs/threat-model.md.
 */
import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import {
  buildEntry,
  decodeEntry,
  fromBase64Url,
  generateSigningKey,
  type JournalState,
  type Operation,
  operations,
  randomBytes,
  recordKinds,
  type SigningKey,
  sealRecord,
  sha256,
  signingKeyFromSeed,
  toBase64Url,
  writerId,
} from "@halfkey/crypto";
import type { RoleRecord } from "@halfkey/model";
import { journalFileIn, snapshotFileIn } from "../../packages/gateway/src/state/local-state.ts";
import type { WritePlan } from "../../packages/gateway/src/state/pending-write.ts";
import type { Exchange } from "../support/lying-vault.ts";
import { codeOf, eventually, Scenario } from "../support/scenario.ts";

let scenario: Scenario;
beforeEach(async () => {
  scenario = await Scenario.start();
});
afterEach(async () => scenario.stop());

const state = (): JournalState => scenario.gateway.services.replica.state;
const itemId = (path: string) => scenario.gateway.keyring.recordId(recordKinds.item, path);

/** An entry after the gateway's head, signed by whom the test likes. */
function forge(changes: Operation[], writer: string, signingKey: SigningKey): Buffer {
  return buildEntry({ state: state(), operations: changes, time: Date.now(), writer, signingKey }).bytes;
}

const ownKey = (): SigningKey => signingKeyFromSeed(fromBase64Url(scenario.payload.instance.sign, 32));

/** Makes the vault show further entries at the end of its journal, and claim the head they give. */
function showEntries(entries: Buffer[], more: (exchange: Exchange) => void = () => {}): void {
  const first = state().seq;
  const head = first + entries.length;
  scenario.vault.lie = (exchange) => {
    exchange.reply.seq = head;
    if (exchange.path === "/v1/head") exchange.reply.entry = toBase64Url(entries.at(-1) ?? Buffer.alloc(0));
    if (exchange.path === "/v1/journal") {
      const from = Number(exchange.query.get("from"));
      exchange.reply.entries.push(
        ...entries.slice(Math.max(0, from - first - 1)).map((entry) => toBase64Url(entry)),
      );
    }
    more(exchange);
    return undefined;
  };
}

/** Lets the gateway forget everything but its fragment, so that it fetches all anew. */
function restartWithoutMemory(): Promise<void> {
  return scenario.restartGateway(() => {
    rmSync(journalFileIn(scenario.gatewayFolder));
    rmSync(snapshotFileIn(scenario.gatewayFolder), { force: true });
  });
}

test("3: a wrong share opens nothing", async () => {
  await scenario.create("/a/b", "value");
  scenario.vault.lie = ({ path, reply }) => {
    if (path !== "/v1/open") return undefined;
    const share = fromBase64Url(reply.opens[0].share);
    share[0] = (share[0] ?? 0) ^ 1;
    reply.opens[0].share = toBase64Url(share);
    return undefined;
  };
  assert.equal(await codeOf(scenario.read("/a/b")), "E_KEY");
  scenario.vault.lie = undefined;
  assert.equal(await scenario.read("/a/b"), "value");
});

test("7: two values swapped are noticed", async () => {
  await scenario.create("/a/one", "one");
  await scenario.create("/a/two", "two");
  const blobs = new Map<string, string>();
  scenario.vault.lie = ({ path, request, reply }) => {
    if (path !== "/v1/open") return undefined;
    const [{ blob }] = request.opens as [{ blob: string }];
    blobs.set(blob, reply.opens[0].blob);
    const [other] = [...blobs].filter(([name]) => name !== blob);
    if (other !== undefined) reply.opens[0].blob = other[1];
    return undefined;
  };
  assert.equal(await scenario.read("/a/one"), "one");
  assert.equal(await codeOf(scenario.read("/a/two")), "E_BLOB");
});

test("a lost value is noticed after a look at the newest journal", async () => {
  await scenario.create("/a/b", "value");
  scenario.vault.lie = ({ path, reply }) => {
    if (path === "/v1/open") reply.opens[0].blob = null;
    return undefined;
  };
  assert.equal(await codeOf(scenario.read("/a/b")), "E_BLOB");
  assert.equal(scenario.alarm, undefined);
});

describe("8: records at a gateway that fetches all anew", () => {
  const tampering = {
    "dropped record": (records: (string | null)[]) => records.map((record, at) => (at === 0 ? null : record)),
    "swapped records": (records: (string | null)[]) => [
      records[1] ?? null,
      records[0] ?? null,
      ...records.slice(2),
    ],
    "flipped bit": (records: (string | null)[]) =>
      records.map((record, at) =>
        at === 0
          ? `${(record ?? "").slice(0, 200)}${record?.[200] === "A" ? "B" : "A"}${(record ?? "").slice(201)}`
          : record,
      ),
  };
  for (const [name, tamper] of Object.entries(tampering)) {
    test(name, async () => {
      await scenario.create("/a/one", "one");
      await scenario.create("/a/two", "two");
      const targets = new Set([toBase64Url(itemId("/a/one")), toBase64Url(itemId("/a/two"))]);
      scenario.vault.lie = ({ path, request, reply }) => {
        if (path !== "/v1/records") return undefined;
        const places = (request.ids as string[]).flatMap((id, at) => (targets.has(id) ? [at] : []));
        const changed = tamper(places.map((at) => reply.records[at]));
        places.forEach((at, which) => {
          reply.records[at] = changed[which] ?? null;
        });
        return undefined;
      };
      await restartWithoutMemory();
      assert.equal(scenario.alarm, "E_STATE");
      assert.equal(await codeOf(scenario.create("/a/three", "three")), "E_FROZEN");
      const codes = [await codeOf(scenario.read("/a/one")), await codeOf(scenario.read("/a/two"))];
      assert(codes.includes("E_STATE"), codes.join());
    });
  }
});

describe("9: a journal that does not continue the own head", () => {
  const later = async () => {
    await scenario.copyVault("early");
    const before = state().seq;
    await scenario.create("/a/one", "one");
    await scenario.create("/a/two", "two");
    return before;
  };
  const tampering: [string, (entries: string[]) => string[]][] = [
    ["gap", (entries) => entries.toSpliced(1, 1)],
    ["reordered", ([own = "", first = "", ...rest]) => [own, ...rest, first]],
    ["other tail at the own head", ([own = "", ...rest]) => [flip(own), ...rest]],
  ];
  for (const [name, tamper] of tampering) {
    test(name, async () => {
      const before = await later();
      await scenario.gateway.stop();
      // Its disk, as it was before the last two entries: so there is something to fetch.
      const bytes = scenario.gatewayFolder;
      rmSync(snapshotFileIn(bytes), { force: true });
      await cutJournalTo(before);
      scenario.vault.lie = ({ path, reply }) => {
        if (path === "/v1/journal" && reply.entries.length > 2) reply.entries = tamper(reply.entries);
        return undefined;
      };
      scenario.gateway = await scenario.openGateway();
      await scenario.gateway.start();
      assert.equal(scenario.alarm, "E_FORK");
    });
  }

  test("the same entries again change nothing", async () => {
    await later();
    scenario.vault.lie = ({ path, query, reply }) => {
      if (path === "/v1/journal" && Number(query.get("from")) > 0)
        reply.entries = [...reply.entries, ...reply.entries];
      return undefined;
    };
    await scenario.create("/a/three", "three");
    assert.equal(await scenario.read("/a/three"), "three");
    assert.equal(scenario.alarm, undefined);
  });
});

test("10: a rollback freezes writes, reads go on, and it clears when the vault is healed", async () => {
  await scenario.create("/a/old", "old");
  await scenario.copyVault("early");
  await scenario.create("/a/new", "new");
  await scenario.copyVault("late");
  await scenario.restoreVault("early");
  await eventually("the rollback is noticed", () => scenario.alarm === "E_ROLLBACK");
  assert.equal(await scenario.read("/a/old"), "old");
  assert.equal(await codeOf(scenario.create("/a/more", "more")), "E_FROZEN");
  await scenario.restoreVault("late");
  await eventually("the alarm ends by itself", () => scenario.alarm === undefined, 30_000);
  await scenario.create("/a/more", "more");
  assert.equal(await scenario.read("/a/new"), "new");
});

test("10: an alarm survives a restart of the gateway", async () => {
  await scenario.create("/a/old", "old");
  await scenario.copyVault("early");
  await scenario.create("/a/new", "new");
  await scenario.restoreVault("early");
  await eventually("the rollback is noticed", () => scenario.alarm === "E_ROLLBACK");
  await scenario.restartGateway();
  assert.equal(scenario.alarm, "E_ROLLBACK");
  assert.equal(await codeOf(scenario.update("/a/old", "x")), "E_FROZEN");
});

test("13: a gateway that the vault enrolled itself writes nothing", async () => {
  const stranger = randomBytes(16).toString("hex");
  showEntries([
    forge(
      [{ op: operations.putRecord, id: randomBytes(32), value: randomBytes(32) }],
      stranger,
      generateSigningKey(),
    ),
  ]);
  await alarmAfterLook("E_WRITER");
});

test("13: nor can it admit itself", async () => {
  const stranger = randomBytes(16).toString("hex");
  const key = generateSigningKey();
  showEntries([
    forge([{ op: operations.admitWriter, id: writerId(stranger), value: key.publicKey }], stranger, key),
  ]);
  await alarmAfterLook("E_WRITER");
});

test("17: a revoked writer's entry is refused", async () => {
  const other = randomBytes(16).toString("hex");
  const key = generateSigningKey();
  const operate = (operation: Operation): WritePlan<void> => ({
    claims: [],
    async prepare() {},
    build(view) {
      view.draft.operations.push(operation);
      return { result: undefined };
    },
  });
  await scenario.run(() =>
    operate({ op: operations.admitWriter, id: writerId(other), value: key.publicKey }),
  );
  await scenario.run(() =>
    operate({ op: operations.revokeWriter, id: writerId(other), value: Buffer.alloc(32) }),
  );
  showEntries([
    forge([{ op: operations.putRecord, id: randomBytes(32), value: randomBytes(32) }], other, key),
  ]);
  await alarmAfterLook("E_WRITER");
});

test("6: a record put under another's id does not count", async () => {
  await scenario.create("/a/b", "value");
  const role = roleRecord();
  const sealed = sealContent(itemId("/a/b"), role);
  showEntries(
    [
      forge(
        [{ op: operations.putRecord, id: itemId("/a/b"), value: sha256(sealed) }],
        scenario.payload.instance.id,
        ownKey(),
      ),
    ],
    (exchange) => giveRecord(exchange, itemId("/a/b"), sealed),
  );
  await alarmAfterLook("E_STATE");
  assert.equal(await codeOf(scenario.read("/a/b")), "E_STATE");
});

test("42: even with a stolen signing key, an old policy does not come back", async () => {
  const old = roleRecord();
  const id = scenario.gateway.keyring.recordId(recordKinds.role, old.name);
  const oldSealed = await recordAtVault(id);
  await scenario.run(() => ({
    claims: [],
    async prepare() {},
    build(view) {
      view.put({ ...old, description: "changed" });
      return { result: undefined };
    },
  }));
  showEntries(
    [
      forge(
        [{ op: operations.putRecord, id, value: sha256(oldSealed) }],
        scenario.payload.instance.id,
        ownKey(),
      ),
    ],
    (exchange) => giveRecord(exchange, id, oldSealed),
  );
  await alarmAfterLook("E_STATE");
  // The role is poisoned: nobody who depends on it may do anything.
  assert.equal(await codeOf(scenario.read("/a/b")), "E_DENIED");
});

test("44: an entry shown and its record withheld denies those who depend on it", async () => {
  await scenario.create("/a/b", "value");
  const role = roleRecord();
  const id = scenario.gateway.keyring.recordId(recordKinds.role, role.name);
  showEntries(
    [
      forge(
        [{ op: operations.putRecord, id, value: randomBytes(32) }],
        scenario.payload.instance.id,
        ownKey(),
      ),
    ],
    ({ path, request, reply }) => {
      if (path !== "/v1/records") return;
      (request.ids as string[]).forEach((wanted, at) => {
        if (wanted === toBase64Url(id)) reply.records[at] = null;
      });
    },
  );
  await alarmAfterLook("E_STATE");
  assert.equal(await codeOf(scenario.read("/a/b")), "E_DENIED");
});

test("45: honest writes race reads, syncs and appends without an answer: no alarm, nothing lost or doubled", async () => {
  let exchanges = 0;
  scenario.vault.lie = async ({ path }) => {
    exchanges += 1;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 8));
    return path === "/v1/append" && exchanges % 5 === 0 ? "drop" : undefined;
  };
  const acknowledged = new Map<string, string[]>();
  const unknown = new Map<string, number>();
  const write = async (worker: number) => {
    const path = `/race/${worker % 4}`;
    for (let round = 0; round < 15; round += 1) {
      const value = `${worker}-${round}`;
      const written = await scenario
        .update(path, value)
        .catch((error) =>
          error.code === "E_NOT_FOUND" ? scenario.create(path, value) : Promise.reject(error),
        )
        .then(
          () => true,
          (error) => {
            if (error.code === "E_UNKNOWN") unknown.set(path, (unknown.get(path) ?? 0) + 1);
            else assert.match(error.code, /E_CONFLICT|E_EXISTS|E_VAULT/, String(error.stack));
            return false;
          },
        );
      if (written) acknowledged.set(path, [...(acknowledged.get(path) ?? []), value]);
      await scenario
        .read(path)
        .catch((error) => assert.equal(error.code, "E_NOT_FOUND", String(error.stack)));
    }
  };
  await Promise.all([0, 1, 2, 3, 4, 5].map(write));
  scenario.vault.lie = undefined;
  assert.equal(scenario.alarm, undefined);
  for (const [path, values] of acknowledged) {
    const item = scenario.gateway.services.replica.index.item(path as never);
    const held = await Promise.all((item?.versions ?? []).map(({ v }) => scenario.read(path, v)));
    assert.equal(new Set(held).size, held.length, "no value stands twice");
    for (const value of values) assert(held.includes(value), `${path} lost ${value}`);
    assert(held.length <= values.length + (unknown.get(path) ?? 0), `${path} has versions nobody wrote`);
  }
  await restartWithoutMemory();
  for (const [path, values] of acknowledged) assert(await scenario.read(path), values.join());
});

test("46: of a gateway and its clone the older stops", async () => {
  await scenario.create("/a/b", "value");
  const copy = join(scenario.folder, "clone");
  cpSync(scenario.gatewayFolder, copy, { recursive: true });
  const clone = await scenario.openGateway(copy);
  await clone.start();
  await eventually("the older notices", () => scenario.cloned);
  assert.throws(() => scenario.gateway.services, /younger process/);
  assert.equal(clone.status.ready, true);
  await clone.stop();
});

test("16: a vault that names other epochs or an older format is not believed", async () => {
  await scenario.create("/a/b", "value");
  scenario.vault.lie = ({ path, reply }) => {
    if (path === "/v1/head") reply.epochs = [7];
    return undefined;
  };
  await scenario.create("/a/c", "c");
  assert.equal(await scenario.read("/a/b"), "value");
  assert.equal(scenario.alarm, undefined);
});

test("29: a reply that the vault did not authenticate is no reply", async () => {
  await scenario.create("/a/b", "value");
  const { vaultKey } = scenario.vault;
  scenario.vault.vaultKey = randomBytes(32);
  scenario.vault.lie = () => undefined;
  assert.equal(await codeOf(scenario.read("/a/b")), "E_VAULT");
  scenario.vault.vaultKey = vaultKey;
  assert.equal(await scenario.read("/a/b"), "value");
});

/** A refusal needs a look at the vault's head: so asking for what is absent makes the gateway notice at once. */
async function alarmAfterLook(code: string): Promise<void> {
  await codeOf(scenario.read("/absent"));
  await eventually(`alarm ${code}`, () => scenario.alarm === code);
}

function flip(text: string): string {
  const bytes = decodeEntry(fromBase64Url(text)).bytes;
  const other = Buffer.from(bytes);
  other[90] = (other[90] ?? 0) ^ 1;
  return toBase64Url(other);
}

function roleRecord(): RoleRecord {
  const role = [...scenario.gateway.services.replica.index.roles()].find(({ name }) => name === "everything");
  assert(role !== undefined);
  return role;
}

function sealContent(id: Buffer, content: object): Buffer {
  const { keyring } = scenario.gateway;
  const root = keyring.recordRoot(1, 1);
  assert(root !== undefined);
  const whole = { ...content, n: state().seq };
  return sealRecord({
    account: keyring.account,
    id,
    customerEpoch: 1,
    vaultEpoch: 1,
    root,
    hedge: keyring.hedge,
    content: whole,
  });
}

function giveRecord({ path, request, reply }: Exchange, id: Buffer, sealed: Buffer): void {
  if (path !== "/v1/records") return;
  (request.ids as string[]).forEach((wanted, at) => {
    if (wanted === toBase64Url(id)) reply.records[at] = toBase64Url(sealed);
  });
}

/** The sealed bytes that the vault holds for a record now. */
async function recordAtVault(id: Buffer): Promise<Buffer> {
  let seen: string | undefined;
  scenario.vault.lie = ({ path, request, reply }) => {
    if (path !== "/v1/records") return undefined;
    const at = (request.ids as string[]).indexOf(toBase64Url(id));
    if (at !== -1) seen = reply.records[at];
    return undefined;
  };
  await restartWithoutMemory();
  scenario.vault.lie = undefined;
  assert(seen !== undefined, "the gateway asked for the record");
  return fromBase64Url(seen);
}

/** Rewrites the stopped gateway's journal so that it ends with an earlier entry. */
async function cutJournalTo(seq: number): Promise<void> {
  const { JournalFile } = await import("../../packages/gateway/src/state/journal-file.ts");
  const file = journalFileIn(scenario.gatewayFolder);
  const { journal, contents } = await JournalFile.open(file);
  await journal.close();
  rmSync(file);
  const { journal: shorter } = await JournalFile.open(file);
  await shorter.appendEntries(contents.entries.filter((entry) => entry.seq <= seq));
  await shorter.appendRecords([...contents.records].map(([id, bytes]) => [fromBase64Url(id, 32), bytes]));
  await shorter.close();
}
