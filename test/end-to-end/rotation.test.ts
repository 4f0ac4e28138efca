// Rotation under load, with kill -9 at many points: no read fails while both halves run, no write is lost or doubled,
// and afterwards everything opens without the old epochs. Then the other keys of a gateway.
import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { readFragmentHeader } from "@halfkey/crypto";
import type { RotateStatusReply } from "@halfkey/wire";
import { type AkeylessClient, AkeylessError, createAkeylessClient } from "../support/akeyless-client.ts";
import { CountedWrites } from "../support/counted-writes.ts";
import { gatewayPage } from "../support/gateway-page.ts";
import { Halves, type RunningGateway } from "../support/halves.ts";
import { until } from "../support/processes.ts";
import { type Product, startProduct } from "../support/product.ts";
import { runCli } from "../support/run-cli.ts";
import { runHalf } from "../support/run-half.ts";

const items = 300;
const killed: ("gateway" | "vault")[][] = [
  ["gateway"],
  ["vault"],
  ["gateway"],
  ["gateway", "vault"],
  ["gateway"],
  ["vault"],
  ["gateway"],
];

describe("rotation of both fragments under reads, counted writes and kill -9", () => {
  let product: Product;
  let client: AkeylessClient;
  let writes: CountedWrites;
  let isReading = true;
  let isDisturbed = false;
  let reads = 0;
  /** What is going on, for failures. */
  let phase = "";
  const failures: string[] = [];
  let readers: Promise<unknown>;
  const fragmentFile = () => join(product.dataDir, "gateway", "customer-fragment.pem");

  const cli = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await runCli([...args, "--json"], {
      env: { HALFKEY_DATA: product.dataDir },
    });
    if (exitCode !== 0) throw new Error(`halfkey ${args.join(" ")}: ${stderr}`);
    return JSON.parse(stdout.toString());
  };
  const status = (): Promise<RotateStatusReply> => cli("rotate", "status");

  /** Reads at random, and keeps every failure that no outage explains. */
  const read = async () => {
    while (isReading) {
      const at = Math.floor(Math.random() * items);
      const name = `/rotated/item-${at}`;
      const disturbedBefore = isDisturbed;
      try {
        const values = await client.call("get-secret-value", { names: [name] });
        assert.equal(values[name], `value ${at}`);
        reads += 1;
      } catch (error) {
        const isOutage = disturbedBefore || isDisturbed;
        const isExplained = isOutage && (!(error instanceof AkeylessError) || error.status === 503);
        if (!isExplained) failures.push(`${phase}: ${error}`);
        await sleep(20);
      }
    }
  };

  before(async () => {
    product = await startProduct();
    client = createAkeylessClient(product.dev);
    writes = new CountedWrites(client, "/counted");
    for (let at = 0; at < items; at += 20) {
      await Promise.all(
        Array.from({ length: 20 }, (_, plus) => at + plus).map((number) =>
          client.call("create-secret", { name: `/rotated/item-${number}`, value: `value ${number}` }),
        ),
      );
    }
    readers = Promise.all([read(), read(), read()]);
  });
  after(async () => {
    isReading = false;
    await readers;
    await writes?.stop().catch(() => {}); // after a failure they still run
    client?.close();
    await product?.stop();
  });

  it("undisturbed: reads and writes go on, and the old epochs go", async (t) => {
    writes.start(3);
    const { fragment } = await status();
    await cli("rotate", "all", "--without-backup-check", fragment);
    const before = await status();
    t.diagnostic(`${before.left} of ${before.total} records left, ${reads} reads so far`);
    const done: RotateStatusReply = await cli("rotate", "status", "--wait");
    assert.equal(done.left, 0);
    const destroyed = await cli("rotate", "finish", "--incident", "--without-backup-check", fragment);
    assert.deepEqual(destroyed, { customerEpochs: [1], vaultEpochs: [1] });
    await writes.stop();
    t.diagnostic(JSON.stringify(await writes.check()));
    assert.deepEqual(failures, []);
    assert(reads > 100);
  });

  it("what was audited under the old epochs stays readable", async () => {
    const [found] = await cli("audit", "search", "--op", "create", "--path", "/rotated/item-0");
    assert.equal(found?.path, "/rotated/item-0");
    const verified = await runCli(["audit", "verify"], { env: { HALFKEY_DATA: product.dataDir } });
    assert.equal(verified.exitCode, 0, verified.stderr);
  });

  it("killed at many points: it goes on each time", async (t) => {
    const { fragment } = await status();
    for (const halves of killed) {
      writes.start(3);
      const before = await status();
      if (before.begun === null || before.completed !== null) {
        // Killed while it begins, too: whatever came of it, the next attempt is none too many.
        await cli("rotate", "all", "--without-backup-check", fragment).catch(() => {});
      }
      await sleep(Math.random() * 600);
      isDisturbed = true;
      phase = `${halves.join(" and ")} killed`;
      await Promise.all(halves.map((half) => product.kill(half)));
      await Promise.all(halves.map((half) => product.startHalf(half)));
      await until("a value is read again", async () => {
        const was = reads;
        await sleep(50);
        return reads > was;
      });
      phase = `after ${phase}`;
      await writes.stop();
      phase += ", while it is checked";
      t.diagnostic(`${halves.join(" and ")} killed: ${JSON.stringify(await writes.check())}`);
    }
    await cli("rotate", "status", "--wait");
    phase = "the end";
    // Killed within the end: nothing is half destroyed, and the same command goes on.
    const ending = cli("rotate", "finish", "--incident", "--without-backup-check", fragment).catch(() => {});
    await sleep(2000 + Math.random() * 300);
    await product.kill("gateway");
    await ending;
    await product.startHalf("gateway");
    isDisturbed = false;
    await cli("rotate", "finish", "--incident", "--without-backup-check", fragment);
    assert.deepEqual(failures, []);
  });

  it("everything opens without the old epochs, after a start", async () => {
    isDisturbed = true;
    await product.restart();
    isDisturbed = false;
    const { customerEpoch, vaultEpoch, oldCustomerEpochs, oldVaultEpochs, left, broken } = await status();
    assert.deepEqual([oldCustomerEpochs, oldVaultEpochs, left, broken], [[], [], 0, []]);
    const header = readFragmentHeader(readFileSync(fragmentFile(), "utf8"));
    assert.deepEqual(
      [header.epochs.map(({ e }) => e), header.vaultEpochs.map(({ f }) => f)],
      [[customerEpoch], [vaultEpoch]],
    );
    assert.equal(existsSync(`${fragmentFile()}.1`), false);
    for (let at = 0; at < items; at += 100) {
      const names = Array.from({ length: 100 }, (_, plus) => `/rotated/item-${at + plus}`);
      const values = await client.call("get-secret-value", { names });
      names.forEach((name, plus) => {
        assert.equal(values[name], `value ${at + plus}`);
      });
    }
    await writes.check();
    assert.equal((await gatewayPage(product.dev, "/ready")).body.alarm, null);
    assert.deepEqual(failures, []);
  });
});

describe("the other keys of a gateway", () => {
  const halves = new Halves();
  const data = halves.gatewayData();
  const file = join(data, "customer-fragment.pem");
  const newKey = join(halves.folder, "new.key");
  let unseal = ["--key-file", halves.keyFile];
  let gateway: RunningGateway;

  const account = () => JSON.parse(readFileSync(join(data, "account.json"), "utf8"));
  const code = async (...flags: string[]) => {
    const made = await runHalf("vault", ["enrol-code", ...flags, "--data", halves.vaultData, "--json"]);
    return JSON.parse(made.stdout).code as string;
  };
  const run = async (command: string[], input?: string) =>
    runHalf("gateway", [...command, "--data", data, ...unseal], input === undefined ? {} : { input });
  const start = async () => {
    gateway = await halves.startGateway({ unseal });
  };
  const readsOn = async () => {
    const values = await gateway.client.call("get-secret-value", { names: ["/keys/one"] });
    assert.equal(values["/keys/one"], "1");
    await gateway.client.call("update-item", { name: "/keys/one", description: String(Math.random()) });
  };

  before(async () => {
    await halves.startVault();
    await halves.initGateway();
    await start();
    await gateway.client.call("create-secret", { name: "/keys/one", value: "1" });
  });
  after(() => halves.stop());

  it("a new passphrase needs a stop, and the old one opens nothing here", async () => {
    writeFileSync(newKey, crypto.getRandomValues(new Uint8Array(32)), { mode: 0o600 });
    const held = await run(["fragment", "reseal", "--new-key-file", newKey]);
    assert.match(held.stderr, /is in use by process/);
    await gateway.stop();
    copyFileSync(file, join(halves.folder, "stolen.pem"));
    const { exitCode, stderr } = await run(["fragment", "reseal", "--new-key-file", newKey]);
    assert.equal(exitCode, 0, stderr);
    assert.equal(existsSync(`${file}.1`), false);
    const old = await run(["serve", "--port", "0"]);
    assert.match(old.stderr, /wrong passphrase or key/);
    unseal = ["--key-file", newKey];
    await start();
    await readsOn();
  });

  it("another vault key: whoever has the old one is nobody", async () => {
    await gateway.stop();
    const { instance } = account();
    const before = readFileSync(file);
    await runHalf("vault", ["revoke", instance, "--data", halves.vaultData]);
    const input = await code("--rekey", instance);
    // A run that the vault refuses leaves the file as it is, and the next one goes on.
    const wrong = await run(["instance", "rekey"], "hke1-00000-00000-00000-00000-00000-0");
    assert.notEqual(wrong.exitCode, 0);
    assert.deepEqual(readFileSync(file), before);
    const rekeyed = await run(["instance", "rekey"], input);
    assert.equal(rekeyed.exitCode, 0, rekeyed.stderr);
    assert.equal(existsSync(`${file}.next`), false);
    await start();
    await readsOn();
    await gateway.stop();
    const after = readFileSync(file);
    writeFileSync(file, before);
    const stolen = await runHalf("gateway", ["serve", "--data", data, ...unseal, "--port", "0"], {
      killAfterMs: 4000,
    });
    assert.match(stolen.stderr, /does not know this gateway, or has another key for it/);
    assert.doesNotMatch(stolen.stdout, /ready/);
    writeFileSync(file, after);
  });

  it("another identity: the old one's signature counts for nothing", async () => {
    const { account: id, instance } = account();
    const replaced = await run(["instance", "replace"], await code("--account", id));
    assert.equal(replaced.exitCode, 0, replaced.stderr);
    assert.match(replaced.stdout, new RegExp(`halfkey-vault revoke ${instance}`));
    assert.notEqual(account().instance, instance);
    await runHalf("vault", ["revoke", instance, "--data", halves.vaultData]);
    await start();
    await readsOn();
    await gateway.stop();
    await start();
    await readsOn();
    const log = readFileSync(halves.gatewayLog, "utf8");
    assert.doesNotMatch(log, /alarm raised/);
  });
});
