// What the vault can see: its folder, its log, and every byte between the halves, after a session of every command.
import assert from "node:assert/strict";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { commands } from "../../packages/gateway/src/akeyless/commands.ts";
import { ownCommands } from "../../packages/gateway/src/routes/own-commands.ts";
import { fullSession } from "../support/full-session.ts";
import { Halves } from "../support/halves.ts";
import { filesOf, findNeedles, formsOf, type Haystacks, type Needles } from "../support/needles.ts";
import { type RecordingProxy, startRecordingProxy } from "../support/recording-proxy.ts";
import { sessionNames, sessionValues } from "../support/session-names.ts";

describe("a vault between whose halves everything is recorded", () => {
  const halves = new Halves();
  let called: ReadonlySet<string>;
  let proxy: RecordingProxy;
  let live: Haystacks;
  let vaultSees: Haystacks;
  let names: Needles;
  let secrets: Needles;

  before(async () => {
    await halves.startVault({ tls: false });
    proxy = await startRecordingProxy(Number(new URL(halves.vaultUrl).port));
    const { accessId, accessKey } = await halves.initGateway({ vaultUrl: `http://127.0.0.1:${proxy.port}` });
    const gateway = await halves.startGateway();
    const session = await fullSession({
      gatewayUrl: gateway.url,
      caFile: join(halves.gatewayData(), "tls", "ca.pem"),
      ...{ accessId, accessKey },
    });
    called = session.called;
    // Once while everything is open, and once after a clean end: what SQLite tidies away was there.
    const copy = join(halves.folder, "vault-while-it-ran");
    cpSync(halves.vaultData, copy, { recursive: true });
    live = filesOf(copy);
    await gateway.stop();
    // A second life reads what the first has written.
    const again = await halves.startGateway();
    await again.client.call("list-items", {});
    await again.stop();
    await halves.stopAll();
    await proxy.close();

    const passing = proxy.recorded().map((bytes, at) => [`what passed, ${at}`, bytes] as const);
    vaultSees = {
      ...live,
      ...filesOf(halves.vaultData),
      "the vault's log": readFileSync(halves.vaultLog),
      ...Object.fromEntries(passing),
    };
    secrets = {
      ...sessionValues,
      ...session.given,
      "the access key": accessKey,
      "the access key's bytes": Buffer.from(accessKey, "base64"),
      "the unseal key": readFileSync(halves.keyFile),
    };
    names = {
      ...sessionNames,
      "a role of init": "everything",
      "an auth method of init": `admin-${accessId.slice(2, 8)}`,
      "an access id": accessId,
    };
  });
  after(async () => {
    await halves.stop();
    await proxy?.close();
  });

  it("the session called every command there is", () => {
    const built = [...commands.keys(), ...ownCommands.keys()];
    assert.deepEqual(
      built.filter((name) => !called.has(name)),
      [],
      "add these to the session",
    );
  });

  it("the search finds whatever is planted, in every form", () => {
    const database = readFileSync(join(halves.vaultData, "vault.sqlite")).subarray(0, 10_000);
    for (const needle of Object.values({ ...names, ...secrets })) {
      for (const [form, text] of Object.entries(formsOf(Buffer.from(needle as Uint8Array)))) {
        const planted = Buffer.concat([database, text, database]);
        assert.notDeepEqual(findNeedles({ it: needle }, { there: planted }), [], form);
      }
      for (const before of ["", "x", "xy", "xyz"]) {
        const whole = Buffer.concat([
          Buffer.from(before),
          Buffer.from(needle as Uint8Array),
          Buffer.from("behind"),
        ]);
        for (const encoding of ["base64", "base64url", "hex"] as const) {
          const planted = Buffer.from(whole.toString(encoding));
          assert.notDeepEqual(
            findNeedles({ it: needle }, { there: planted }),
            [],
            `${encoding} after ${before}`,
          );
        }
      }
    }
  });

  it("what was searched is what there was", () => {
    const everything = Buffer.concat(Object.values(vaultSees));
    for (const known of [
      "POST /v1/append",
      "POST /v1/open",
      "GET /v1/journal",
      '"blobs"',
      "SQLite format 3",
    ]) {
      assert(everything.includes(known), known);
    }
    assert(Object.keys(live).some((name) => name.endsWith("-wal")));
    // The largest value has passed at least once.
    assert(everything.length > 2 * 1_048_576);
  });

  it("the vault's folder, its log and the traffic hold no name, value or credential", () => {
    assert.deepEqual(findNeedles({ ...names, ...secrets }, vaultSees), []);
  });

  it("the gateway's log holds no value and no credential", () => {
    assert.deepEqual(findNeedles(secrets, { "the gateway's log": readFileSync(halves.gatewayLog) }), []);
  });

  it("the gateway's folder holds none in clear, but for the credentials it was told to write there", () => {
    const files = filesOf(halves.gatewayData(), /^admin\.json$/);
    assert.deepEqual(findNeedles({ ...names, ...secrets }, files), []);
  });
});
