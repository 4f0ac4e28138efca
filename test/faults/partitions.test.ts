// A bad network between the halves (F16, F19, F28): coded answers in time, nothing lost or doubled, recovery by itself.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AkeylessError } from "../support/akeyless-client.ts";
import { CountedWrites } from "../support/counted-writes.ts";
import { Halves, type RunningGateway } from "../support/halves.ts";
import { until } from "../support/processes.ts";
import { seed } from "./budget.ts";
import { FaultProxy, type Weather } from "./fault-proxy.ts";
import { checkBothHalves } from "./invariants.ts";
import { kept } from "./prepared-halves.ts";
import { seededRandom } from "./seeded-random.ts";

const random = seededRandom(seed);
const writers = 3;
const weatherMs = 2500;
/** The promise is 2 s towards the vault; the rest is for this machine. */
const answerMs = 3500;

const weathers: Record<string, Weather> = {
  "nothing arrives": { loses: "both" },
  "only requests arrive: writes happen, and nobody learns of it": { loses: "replies" },
  "only replies arrive": { loses: "requests" },
  "everything takes 200 ms": { latencyMs: 200 },
  "everything takes 5 s": { latencyMs: 5000 },
  "a third of all pieces is late, as with lost packets": {
    latencyMs: () => (random() < 0.3 ? 200 + random() * 1000 : 0),
  },
  "replies drip": { dripBytes: 40 },
  "replies break off in the middle": { cutsAfter: 100 },
  "connections are reset once the request was served": { resetsReplies: true },
  "connections end at once": { closes: true, resetsReplies: true },
};

describe(`a bad network between the halves (seed ${seed})`, () => {
  let halves: Halves;
  let proxy: FaultProxy;
  let gateway: RunningGateway;
  let writes: CountedWrites;
  before(async () => {
    halves = new Halves();
    await halves.startVault({ tls: false });
    proxy = await FaultProxy.before(Number(new URL(halves.vaultUrl).port));
    await halves.initGateway({ vaultUrl: `http://127.0.0.1:${proxy.port}` });
    gateway = await halves.startGateway();
    await gateway.client.call("create-secret", { ...kept });
    writes = new CountedWrites(gateway.client, "/partitions", random);
  });
  after(async () => {
    if (proxy !== undefined) proxy.weather = {};
    await writes?.stop().catch(() => {}); // after a failure they still run
    gateway?.client.close();
    await halves?.stop();
    await proxy?.close();
  });

  /** A read gives the value or a code of an outage, in time. */
  async function read(): Promise<boolean> {
    const began = performance.now();
    const answer = await gateway.client
      .call("get-secret-value", { names: [kept.name] })
      .catch((error) => error);
    const tookMs = performance.now() - began;
    assert(tookMs < answerMs, `a read was answered after ${Math.round(tookMs)} ms`);
    if (answer instanceof AkeylessError) {
      assert(answer.status === 503 && answer.code !== "", answer.message);
      return false;
    }
    assert.equal(answer[kept.name], kept.value);
    return true;
  }

  for (const [name, weather] of Object.entries(weathers)) {
    it(name, async (t) => {
      writes.start(writers);
      await sleep(200 + 200 * random());
      proxy.weather = weather;
      const reads = { answered: 0, refused: 0 };
      const end = performance.now() + weatherMs;
      while (performance.now() < end) reads[(await read()) ? "answered" : "refused"] += 1;
      proxy.weather = {};
      const began = performance.now();
      await until("a read is answered again", read);
      const recoveredMs = Math.round(performance.now() - began);
      const before = writes.acknowledged;
      await until("a write is acknowledged again", () => writes.acknowledged > before);
      await writes.stop();
      const result = await writes.check();
      t.diagnostic(JSON.stringify({ ...reads, recoveredMs, ...result }));
      // Slow, and no outage.
      if (weather.latencyMs === 200) assert(reads.answered > 0 && reads.refused === 0);
      assert.equal(await checkBothHalves(halves, gateway), 1);
    });
  }

  it("raised no alarm, and the log tells what it was", () => {
    const log = readFileSync(halves.gatewayLog, "utf8");
    assert.match(log, /an append got no answer/);
    assert.doesNotMatch(log, /alarm/);
    assert.doesNotMatch(log, /E_INTERNAL/);
  });
});
