/**
 * How long after one edit the Secrets of forty namespaces have changed: with the nudge and without, where External
 * Secrets has one worker, and five. Real API server, real External Secrets; `node bench/propagation.ts [namespaces]`.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type KubernetesCluster, kinds, openCluster } from "@halfkey/kubernetes";
import { createAkeylessClient } from "../test/support/akeyless-client.ts";
import { startCluster } from "../test/support/cluster.ts";
import { gatewayPage } from "../test/support/gateway-page.ts";
import { externalSecret, storeObjects, writeNudgeKubeconfig } from "../test/support/nudge-set-up.ts";
import { startProduct } from "../test/support/product.ts";

const count = Number(process.argv[2] ?? 40);
const rounds = { nudge: 5, refresh: 1 };
const path = "/mdapi/shared/password";
const names = Array.from({ length: count }, (_, index) => `team-${index}`);
const patienceMs = 180_000;

process.stdout.write(
  `seconds from the edit's answer until this many of ${count} Secrets have the new value\n`,
);
for (const concurrent of [1, 5]) {
  const env: Record<string, string> = {};
  const cluster = await startCluster({ esoFlags: [`--concurrent=${concurrent}`] });
  const product = await startProduct({ env });
  const client = createAkeylessClient(product.dev);
  const api = await openCluster({ kubeconfigFile: cluster.kubeconfig });
  try {
    await cluster.apply(storeObjects(product.dev));
    const kubeconfig = join(product.dataDir, "nudge.kubeconfig");
    await writeNudgeKubeconfig(cluster, kubeconfig);
    await client.call("create-secret", { name: path, value: "0" });
    await cluster.apply(names.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })));
    const apply = (refreshInterval: string) =>
      cluster.apply(
        names.map((name) =>
          externalSecret(name, "shared", {
            refreshInterval,
            data: [{ secretKey: "value", remoteRef: { key: path } }],
          }),
        ),
      );
    await apply("1m");
    await arrivals(api, "0");
    let value = 0;
    const edit = async (): Promise<number[]> => {
      value += 1;
      await client.call("update-secret-val", { name: path, value: String(value) });
      return arrivals(api, String(value));
    };
    for (let round = 0; round < rounds.refresh; round += 1) print(concurrent, "without, 1m", await edit());
    await apply("1h");
    Object.assign(env, { HALFKEY_GATEWAY_NUDGE: "true", HALFKEY_GATEWAY_NUDGE_KUBECONFIG: kubeconfig });
    await product.kill("gateway");
    await product.startHalf("gateway");
    const isWatching = async () => (await gatewayPage(product.dev, "/ready")).body.nudge === "watching";
    await cluster.waitFor("the nudge watches", isWatching, patienceMs);
    for (let round = 0; round < rounds.nudge; round += 1) {
      // External Secrets' own limit towards the API server fills up again.
      await sleep(5000);
      print(concurrent, "with the nudge", await edit());
    }
  } finally {
    client.close();
    await api.close();
    await cluster.stop();
    await product.stop();
  }
}

/** When each Secret came to have the value, in seconds from now, ascending. */
async function arrivals(api: KubernetesCluster, value: string): Promise<number[]> {
  const begun = performance.now();
  const wanted = Buffer.from(value).toString("base64");
  const waiting = new Set(names);
  const seconds: number[] = [];
  while (waiting.size > 0) {
    if (performance.now() - begun > patienceMs) throw new Error(`${waiting.size} Secrets never changed`);
    for (const { metadata, data } of await api.list(kinds.secret, {
      labelSelector: "reconcile.external-secrets.io/managed=true",
    })) {
      if (data?.value !== wanted || !waiting.delete(metadata.namespace ?? "")) continue;
      seconds.push((performance.now() - begun) / 1000);
    }
    await sleep(25);
  }
  return seconds;
}

function print(concurrent: number, how: string, seconds: number[]): void {
  const at = (place: number) => (seconds[place - 1] ?? Number.NaN).toFixed(2).padStart(6);
  const middle = Math.ceil(count / 2);
  process.stdout.write(
    `--concurrent=${concurrent}  ${how.padEnd(14)}  1: ${at(1)}  ${middle}: ${at(middle)}  ${count}: ${at(count)}\n`,
  );
}
