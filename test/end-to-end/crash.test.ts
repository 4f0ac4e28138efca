// kill -9 of either half, or both, and cut connections, under counted writes: no acknowledged write lost, none doubled.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createAkeylessClient } from "../support/akeyless-client.ts";
import { CountedWrites } from "../support/counted-writes.ts";
import { gatewayPage } from "../support/gateway-page.ts";
import { Halves } from "../support/halves.ts";
import { until } from "../support/processes.ts";
import { type Product, startProduct } from "../support/product.ts";
import { type RecordingProxy, startRecordingProxy } from "../support/recording-proxy.ts";

const writers = 6;
const rounds: ("gateway" | "vault")[][] = [
  ["gateway"],
  ["vault"],
  ["gateway", "vault"],
  ["vault"],
  ["gateway"],
  ["vault", "gateway"],
  ["vault"],
  ["gateway", "vault"],
];

describe("kill -9 under counted writes", () => {
  let product: Product;
  let client: ReturnType<typeof createAkeylessClient>;
  let writes: CountedWrites;
  before(async () => {
    product = await startProduct();
    client = createAkeylessClient(product.dev);
    writes = new CountedWrites(client, "/crash");
  });
  after(async () => {
    await writes?.stop().catch(() => {}); // after a failure they still run
    client?.close();
    await product?.stop();
  });

  for (const [round, killed] of rounds.entries()) {
    it(`round ${round + 1}: ${killed.join(" and ")}`, async (t) => {
      writes.start(writers);
      await sleep(300 + Math.random() * 700);
      await Promise.all(killed.map((half) => product.kill(half)));
      await sleep(Math.random() * 300);
      const began = performance.now();
      await Promise.all(killed.map((half) => product.startHalf(half)));
      const before = writes.acknowledged;
      await until("a write is acknowledged again", () => writes.acknowledged > before);
      t.diagnostic(`written again ${Math.round(performance.now() - began)} ms after the start`);
      await sleep(200);
      await writes.stop();
      const result = await writes.check();
      t.diagnostic(JSON.stringify(result));
      assert(result.acknowledged > before);
    });
  }

  it("raised no alarm, and the last start keeps everything", async (t) => {
    await product.restart();
    const { acknowledged, unknown } = await writes.check();
    t.diagnostic(`refusals: ${JSON.stringify(Object.fromEntries(writes.refusals))}`);
    assert(acknowledged > 100 && unknown > 0, "the writers must have been busy, and met crashes");
    const ready = await gatewayPage(product.dev, "/ready");
    const { ready: isReady, gateway, vault, alarm } = ready.body as Record<string, unknown>;
    assert.deepEqual([isReady, gateway, vault, alarm], [true, "unsealed", "ok", null]);
  });
});

it("connections between the halves cut under counted writes", async (t) => {
  const halves = new Halves();
  let proxy: RecordingProxy | undefined;
  try {
    await halves.startVault({ tls: false });
    proxy = await startRecordingProxy(Number(new URL(halves.vaultUrl).port));
    await halves.initGateway({ vaultUrl: `http://127.0.0.1:${proxy.port}` });
    const gateway = await halves.startGateway();
    const writes = new CountedWrites(gateway.client, "/cut");
    writes.start(writers);
    // Now and then an append has reached the vault and its answer not the gateway.
    for (let cuts = 0; cuts < 60; cuts += 1) {
      await sleep(20 + Math.random() * 80);
      proxy.cut();
    }
    await sleep(500);
    await writes.stop();
    const result = await writes.check();
    t.diagnostic(JSON.stringify(result));
    assert(result.acknowledged > 50);
    await gateway.stop();
    const log = readFileSync(halves.gatewayLog, "utf8");
    assert.match(log, /an append got no answer/);
    assert.doesNotMatch(log, /alarm/);
  } finally {
    await halves.stop();
    await proxy?.close();
  }
});
