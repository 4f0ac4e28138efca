import type { KubernetesCluster, KubernetesObject } from "@halfkey/kubernetes";
import { readsOf } from "@halfkey/manifests";
import { CliError } from "../cli-error.ts";
import { Gateway } from "../gateway.ts";
import type { StoreIdentity } from "./store-identity.ts";

/** What came of one namespace; never a value. */
export interface NamespaceResult {
  namespace: string;
  ok: boolean;
  /** How many keys and finds could be read. */
  read: number;
  failures: { what: string; reason: string }[];
}

/**
 * Does what External Secrets does for one namespace: makes a token of its service account, logs in with it, and reads
 * everything that its ExternalSecrets name, without showing or keeping any of it.
 */
export async function checkNamespace(
  cluster: KubernetesCluster,
  identity: StoreIdentity,
  namespace: string,
  externalSecrets: readonly KubernetesObject[],
  isOurs: (store: { kind: string; name: string | undefined }) => boolean,
): Promise<NamespaceResult> {
  const { KubernetesError } = await import("@halfkey/kubernetes");
  const failures: NamespaceResult["failures"] = [];
  const { url: base, caPem: ca } = identity;
  const gateways: Gateway[] = [];
  const as = (token: string): Gateway => {
    const gateway = new Gateway({ base, ca, credentials: { token }, source: "the store" });
    gateways.push(gateway);
    return gateway;
  };
  let read = 0;
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CliError) && !(error instanceof KubernetesError)) throw error;
      failures.push({ what, reason: error.message });
      return undefined;
    }
  };
  try {
    const account = identity.sharedNamespace ?? namespace;
    const jwt = await attempt(`a token of ${account}/${identity.serviceAccount}`, () =>
      cluster.createToken(account, identity.serviceAccount, {
        audiences: identity.audiences,
        expirationSeconds: 600,
      }),
    );
    const session = jwt && (await attempt("the login", () => logIn(as(""), identity, jwt)));
    if (session) {
      const gateway = as(session);
      for (const [what, work] of readsOfAll(gateway, externalSecrets, isOurs)) {
        if (await attempt(what, work)) read += 1;
      }
    }
  } finally {
    for (const gateway of gateways) gateway.close();
  }
  return { namespace, ok: failures.length === 0, read, failures };
}

/** As External Secrets 0.20 and 2.9 send it. */
async function logIn(gateway: Gateway, identity: StoreIdentity, jwt: string): Promise<string> {
  const answer = await gateway.call("auth", {
    "access-id": identity.accessId,
    "access-type": "k8s",
    "k8s-auth-config-name": identity.configName,
    "k8s-service-account-token": Buffer.from(jwt).toString("base64"),
    "gcp-audience": "akeyless.io",
    json: false,
    "oci-auth-type": "apikey",
  });
  return String(answer.token);
}

/** Each thing that is read, once, by what it is called. */
function readsOfAll(
  gateway: Gateway,
  externalSecrets: readonly KubernetesObject[],
  isOurs: (store: { kind: string; name: string | undefined }) => boolean,
): Map<string, () => Promise<true>> {
  const reads = new Map<string, () => Promise<true>>();
  for (const { access, store, target } of externalSecrets.flatMap(readsOf)) {
    if (access !== "read" || !isOurs(store)) continue;
    if ("key" in target) reads.set(target.key, () => readKey(gateway, target.key));
    else {
      const path = target.find.path === undefined ? "" : `/${target.find.path}/`.replace(/\/{2,}/g, "/");
      reads.set(`find below ${path || "/"}`, () => find(gateway, path));
    }
  }
  return reads;
}

async function readKey(gateway: Gateway, key: string): Promise<true> {
  const item = await gateway.call("describe-item", { name: key }, { path: key });
  if (item.item_type !== "STATIC_SECRET") return true;
  const answer = await gateway.call("get-secret-value", { names: [key], version: 0 }, { path: key });
  if (answer[key] !== "") return true;
  throw new CliError(
    "the value is empty, which External Secrets takes for an error unless a property is asked for",
  );
}

async function find(gateway: Gateway, filter: string): Promise<true> {
  const answer = await gateway.call("list-items", { filter, "minimal-view": true });
  if (Array.isArray(answer.items) && answer.items.length > 0) return true;
  throw new CliError("nothing is found, so that External Secrets makes no Secret");
}
