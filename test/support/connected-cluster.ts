import { readFileSync } from "node:fs";
import { type AkeylessClient, createAkeylessClient } from "./akeyless-client.ts";
import { type Cluster, type ClusterOptions, startCluster } from "./cluster.ts";
import {
  asServiceAccount,
  clusterRoleBinding,
  clusterStore,
  isReady,
  namespace,
  serviceAccount,
} from "./external-secrets.ts";
import { type Product, startProduct } from "./product.ts";

/** Far above what is ever seen: it only ends a test that hangs. */
export const patienceMs = 60_000;
export const audience = "halfkey-gateway";
/** The gateway's name for the cluster. */
export const configName = "harvester";

/** A product and a cluster, where each namespace reads `/mdapi/<namespace>/…` through the one store `cm-akeyless`. */
export interface ConnectedCluster {
  readonly product: Product;
  readonly cluster: Cluster;
  /** May do everything at the gateway. */
  readonly admin: AkeylessClient;
  /** Of the auth method `eso`, whose callers are the cluster's service accounts called `default`. */
  readonly accessId: string;
  /** Of the API server: its address, and its authority as base64 of PEM. */
  readonly apiServer: { readonly host: string; readonly ca: string };
  /** A token of a service account, for the API server itself if no audience is given. */
  token(namespace: string, account: string, audienceWanted?: string): Promise<string>;
  /** Lets the namespaces do something with a path, by a role of this name. */
  grant(role: string, path: string, capabilities: readonly string[], namespaces?: string): Promise<void>;
  stop(): Promise<void>;
}

/** Takes about ten seconds, and both cores. The namespaces have to be made by the suite. */
export async function connectCluster(options: ClusterOptions = {}): Promise<ConnectedCluster> {
  const ends: (() => unknown)[] = [];
  const stop = async () => {
    for (const end of ends.reverse()) await end();
  };
  const starts = await Promise.allSettled([startProduct(), startCluster(options)]);
  for (const start of starts) if (start.status === "fulfilled") ends.push(() => start.value.stop());
  try {
    const [product, cluster] = starts.map((start) => {
      if (start.status === "rejected") throw start.reason;
      return start.value;
    }) as [Product, Cluster];
    const admin = createAkeylessClient(product.dev);
    ends.push(() => admin.close());
    return { ...(await connect(product, cluster, admin)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function connect(
  product: Product,
  cluster: Cluster,
  admin: AkeylessClient,
): Promise<Omit<ConnectedCluster, "stop">> {
  const kubeconfig = JSON.parse(await cluster.kubectl(["config", "view", "--raw", "-o", "json"]));
  const { server: host, "certificate-authority": caFile } = kubeconfig.clusters[0].cluster;
  const apiServer = { host, ca: readFileSync(caFile).toString("base64") };
  const reviewer = { kind: "ServiceAccount", name: "reviewer", namespace: "halfkey" };
  await cluster.apply([
    namespace("halfkey"),
    serviceAccount("halfkey", "reviewer"),
    clusterRoleBinding("halfkey-reviewer", "system:auth-delegator", reviewer),
  ]);

  const token: ConnectedCluster["token"] = async (namespace, account, audienceWanted) => {
    const audiences = audienceWanted === undefined ? [] : ["--audience", audienceWanted];
    return (
      await cluster.kubectl(["create", "token", account, "--namespace", namespace, ...audiences])
    ).trim();
  };
  const grant: ConnectedCluster["grant"] = async (role, path, capability, namespaces) => {
    await admin.call("create-role", { name: role });
    await admin.call("set-role-rule", { "role-name": role, path, capability });
    const subClaims = namespaces === undefined ? {} : { "sub-claims": { namespace: namespaces } };
    await admin.call("assoc-role-am", { "role-name": role, "am-name": "eso", ...subClaims });
  };

  const method = await admin.call("auth-method-create-k8s", {
    name: "eso",
    audience,
    "bound-sa-names": ["default"],
  });
  const accessId = String(method.access_id);
  await admin.call("gateway-create-k8s-auth-config", {
    name: configName,
    "access-id": accessId,
    "k8s-host": apiServer.host,
    "k8s-ca-cert": apiServer.ca,
    // What Akeyless's own tools send where a user gives nothing: neither means anything here.
    "k8s-issuer": "kubernetes/serviceaccount",
    "signing-key": "whatever",
    "token-reviewer-jwt": await token("halfkey", "reviewer"),
  });
  await grant("own-namespace", "/mdapi/{{namespace}}/*", ["read"]);
  await cluster.apply(clusterStore(product.dev, asServiceAccount(accessId, configName, audience)));
  // An ExternalSecret that comes before its store is ready waits for the operator's back-off.
  await cluster.waitFor(
    "the store is ready",
    async () => isReady(await cluster.get("clustersecretstore", "", "cm-akeyless")),
    patienceMs,
  );
  return { product, cluster, admin, accessId, apiServer, token, grant };
}
