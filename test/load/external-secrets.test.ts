/**
 * Hundreds of ExternalSecrets at a one-minute refresh, as long as `HALFKEY_LOAD_MINUTES` says (default 10): no error, no
 * late refresh, and what it costs. Times of the operator are its own: it looks at one store anew for each refresh, and
 * here with five workers (`--concurrent=5`; installed by default it has one).
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuSeconds, residentMiB } from "../../bench/process-stat.ts";
import type { HalfName } from "../../dev/layout.ts";
import { clusterToolsMissing } from "../support/cluster.ts";
import { type ConnectedCluster, connectCluster, patienceMs } from "../support/connected-cluster.ts";
import { dataOf, externalSecret, namespace } from "../support/external-secrets.ts";
import { answeredCommands } from "../support/gateway-metrics.ts";
import { openConnections } from "../support/open-connections.ts";

const missing = clusterToolsMissing();
if (missing && process.env.CI === "true") throw new Error(missing);

const minutes = Number(process.env.HALFKEY_LOAD_MINUTES ?? 10);
const namespaces = ["load-a", "load-b", "load-c", "load-d", "load-e"];
const perNamespace = 100;
const keys = ["user", "password"];
const total = namespaces.length * perNamespace;
const esoFlags = ["--concurrent=5"];
const sampleMs = 10_000;
/** One refresh a minute, and what the operator's queue adds. */
const ageMsMax = 90_000;
/** Each refresh opens one connection that the operator leaves behind, and the gateway closes idle ones after 20 s. */
const connectionsMax = 1000;

interface Sample {
  readonly atSeconds: number;
  readonly notReady: number;
  readonly oldestSeconds: number;
  readonly connections: number;
  readonly memory: Record<HalfName, number>;
}

describe(`${total} ExternalSecrets of ${keys.length} keys for ${minutes} minutes`, {
  skip: missing ?? false,
}, () => {
  let connected: ConnectedCluster;
  const samples: Sample[] = [];

  before(async () => {
    connected = await connectCluster({ esoFlags });
    const { cluster, admin } = connected;
    await cluster.apply(namespaces.map((name) => namespace(name)));
    for (const one of namespaces) {
      const names = Array.from({ length: perNamespace }, (_, at) => `s${at}`);
      await Promise.all(
        names.flatMap((name) =>
          keys.map((key) =>
            admin.call("create-secret", { name: `/mdapi/${one}/${name}/${key}`, value: key }),
          ),
        ),
      );
    }
  });

  afterEach((t) => {
    if ("passed" in t && !t.passed) connected?.cluster.keepLogs();
  });

  after(async () => {
    await connected?.stop();
  });

  const warnings = async () => {
    const selector = "type=Warning,involvedObject.kind=ExternalSecret";
    const found = await connected.cluster.kubectl([
      ...["get", "events", "--all-namespaces", "--field-selector", selector],
      ...["-o", "jsonpath={range .items[*]}{.involvedObject.name}: {.message}\n{end}"],
    ]);
    return found.split("\n").filter((line) => line !== "");
  };

  /** How old the last success of each is, in ms; `undefined` for those that are not ready. */
  async function ages(): Promise<(number | undefined)[]> {
    const ready = '{.status.conditions[?(@.type=="Ready")].status}';
    const lines = await connected.cluster.kubectl([
      ...["get", "externalsecrets", "--all-namespaces"],
      ...["-o", `jsonpath={range .items[*]}${ready} {.status.refreshTime}{"\\n"}{end}`],
    ]);
    const now = Date.now();
    return lines
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split(" "))
      .map(([status, at = ""]) => (status === "True" ? now - Date.parse(at) : undefined));
  }

  async function sample(begun: number): Promise<Sample> {
    const { pids, gatewayUrl } = connected.product.dev;
    const found = await ages();
    const known = found.filter((age) => age !== undefined);
    return {
      atSeconds: Math.round((performance.now() - begun) / 1000),
      notReady: total - known.length,
      oldestSeconds: Math.round(Math.max(...known) / 1000),
      connections: openConnections(Number(new URL(gatewayUrl).port)),
      memory: { gateway: residentMiB(pids.gateway).now, vault: residentMiB(pids.vault).now },
    };
  }

  it("all are synced once", async (t) => {
    const begun = performance.now();
    for (const one of namespaces) {
      await connected.cluster.apply(
        Array.from({ length: perNamespace }, (_, at) =>
          externalSecret(one, `s${at}`, {
            refreshInterval: "1m",
            data: dataOf(Object.fromEntries(keys.map((key) => [key, `/mdapi/${one}/s${at}/${key}`]))),
          }),
        ),
      );
    }
    await connected.cluster.waitFor(
      "all are ready",
      async () => (await ages()).filter((age) => age !== undefined).length === total,
      5 * patienceMs,
    );
    t.diagnostic(`after ${((performance.now() - begun) / 1000).toFixed(0)} s, --concurrent=5`);
  });

  it("all stay so, none is refreshed late, and nothing is refused", async (t) => {
    const { dev } = connected.product;
    const halves = ["gateway", "vault"] as const;
    const cpuBefore = halves.map((half) => cpuSeconds(dev.pids[half]));
    const answeredBefore = await answeredCommands(dev);
    const begun = performance.now();
    while (performance.now() - begun < minutes * 60_000) {
      // This is the length of the measurement, not a wait for something to happen.
      await sleep(sampleMs);
      samples.push(await sample(begun));
      const late = samples.at(-1);
      assert.deepEqual(await warnings(), []);
      assert.equal(late?.notReady, 0);
      assert((late?.oldestSeconds ?? 0) * 1000 <= ageMsMax, `the oldest is ${late?.oldestSeconds} s old`);
    }
    const seconds = (performance.now() - begun) / 1000;
    const answered = await answeredCommands(dev);
    const count = (command: string) =>
      (answered.get(command)?.get("ok") ?? 0) - (answeredBefore.get(command)?.get("ok") ?? 0);
    const cpu = halves.map((half, at) => cpuSeconds(dev.pids[half]) - (cpuBefore[at] ?? 0));
    report(t, seconds, count, cpu);
    for (const command of ["auth", "describe-item", "get-secret-value"])
      assert.deepEqual(
        [...(answered.get(command)?.keys() ?? [])],
        ["ok"],
        `${command} was only ever answered ok`,
      );
    // Of whole minutes: the operator keeps ExternalSecrets together that came together, and rests until they are due.
    const due = total * keys.length * Math.floor(seconds / 60);
    assert(count("get-secret-value") > due * 0.9, `${count("get-secret-value")} of ${due} reads`);
    assert(Math.max(...samples.map(({ connections }) => connections)) < connectionsMax);
  });

  it("no connection stays when the load ends", async (t) => {
    const { cluster, product } = connected;
    for (const one of namespaces)
      await cluster.kubectl(["delete", "externalsecrets", "--all", "--wait=false", "--namespace", one]);
    const port = Number(new URL(product.dev.gatewayUrl).port);
    const begun = performance.now();
    // The suite has some itself.
    await cluster.waitFor("few connections", async () => openConnections(port) < 10, patienceMs);
    t.diagnostic(`${openConnections(port)} after ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  });

  function report(t: TestContext, seconds: number, count: (command: string) => number, cpu: number[]): void {
    const range = (of: (one: Sample) => number) => {
      const all = samples.map(of).toSorted((a, b) => a - b);
      const [low = 0, median = 0, high = 0] = [all[0], all[Math.floor(all.length / 2)], all.at(-1)];
      return `${median.toFixed(0)} (${low.toFixed(0)}–${high.toFixed(0)})`;
    };
    const perSecond = (command: string) => `${(count(command) / seconds).toFixed(1)} ${command}`;
    t.diagnostic(`per second: ${["auth", "describe-item", "get-secret-value"].map(perSecond).join(", ")}`);
    t.diagnostic(`oldest refresh, s: ${range((one) => one.oldestSeconds)}`);
    t.diagnostic(`connections at the gateway: ${range((one) => one.connections)}`);
    for (const [at, half] of (["gateway", "vault"] as const).entries()) {
      const share = ((100 * (cpu[at] ?? 0)) / seconds).toFixed(1);
      t.diagnostic(`${half}: ${share} % of a core, resident MiB ${range((one) => one.memory[half])}`);
      t.diagnostic(
        `${half} MiB, first and last: ${samples[0]?.memory[half].toFixed(0)}, ${samples.at(-1)?.memory[half].toFixed(0)}`,
      );
    }
  }
});
