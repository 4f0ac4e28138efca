import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster, KubernetesObject } from "./cluster.ts";
import { clusterStore, namespace, opaqueSecret, withAccessKey } from "./external-secrets.ts";
import type { DevJson } from "./product.ts";

const roles = join(import.meta.dirname, "..", "..", "docs", "samples", "nudge-rbac.yaml");

/** One ClusterSecretStore `cm-akeyless` for all namespaces, with an access key that may read everything. */
export function storeObjects(dev: DevJson): KubernetesObject[] {
  const [place, name] = ["halfkey", "halfkey-credentials"];
  const { accessId, accessKey } = dev;
  return [
    namespace(place),
    opaqueSecret(place, name, { accessId, accessType: "api_key", accessTypeParam: accessKey }),
    clusterStore(dev, withAccessKey(place, name)),
  ];
}

/** An ExternalSecret that External Secrets refreshes by itself only once an hour, unless `spec` says otherwise. */
export function externalSecret(namespace: string, name: string, spec: object): KubernetesObject {
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ExternalSecret",
    metadata: { name, namespace },
    spec: {
      refreshInterval: "1h",
      secretStoreRef: { kind: "ClusterSecretStore", name: "cm-akeyless" },
      ...spec,
    },
  };
}

/** Gives a service account what docs/samples/nudge-rbac.yaml says, and writes a kubeconfig that makes one it. */
export async function writeNudgeKubeconfig(cluster: Cluster, file: string): Promise<void> {
  await cluster.apply(readFileSync(roles, "utf8"));
  const token = (
    await cluster.kubectl(["create", "token", "halfkey-nudge", "--namespace", "halfkey"])
  ).trim();
  await writeKubeconfig(cluster, token, file);
}

/** A kubeconfig for the same cluster that makes its reader whoever the token is of. */
export async function writeKubeconfig(cluster: Cluster, token: string, file: string): Promise<void> {
  const config = JSON.parse(await cluster.kubectl(["config", "view", "--raw", "-o", "json"]));
  config.users[0].user = { token };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
}
