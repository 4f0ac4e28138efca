import { readFileSync } from "node:fs";
import type { KubernetesObject } from "./cluster.ts";

const store = { kind: "ClusterSecretStore", name: "cm-akeyless" };

export function namespace(name: string, labels: Record<string, string> = {}): KubernetesObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

export function serviceAccount(namespace: string, name: string): KubernetesObject {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } };
}

export function clusterRoleBinding(name: string, role: string, subject: object): KubernetesObject {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [subject],
  };
}

export function opaqueSecret(
  namespace: string,
  name: string,
  stringData: Record<string, string>,
): KubernetesObject {
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, stringData };
}

/** Where a store finds its gateway. */
export interface GatewayAddress {
  readonly akeylessUrl: string;
  /** A PEM file: the authority that is to have signed the gateway's certificate. */
  readonly caFile: string;
}

/** A ClusterSecretStore, called `cm-akeyless` unless a name is given. */
export function clusterStore(
  { akeylessUrl, caFile }: GatewayAddress,
  authSecretRef: object,
  name = store.name,
): KubernetesObject {
  const akeyless = {
    akeylessGWApiURL: akeylessUrl,
    caBundle: readFileSync(caFile).toString("base64"),
    authSecretRef,
  };
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ClusterSecretStore",
    metadata: { name },
    spec: { provider: { akeyless } },
  };
}

/** Each ExternalSecret as the account `default` of its own namespace: no namespace stands here. */
export function asServiceAccount(accessId: string, config: string, audience: string): object {
  return {
    kubernetesAuth: {
      accessID: accessId,
      k8sConfName: config,
      serviceAccountRef: { name: "default", audiences: [audience] },
    },
  };
}

/** All alike, with an access key out of a Secret with `accessId`, `accessType` and `accessTypeParam`. */
export function withAccessKey(namespace: string, name: string): object {
  const credential = (key: string) => ({ name, namespace, key });
  return {
    secretRef: {
      accessID: credential("accessId"),
      accessType: credential("accessType"),
      accessTypeParam: credential("accessTypeParam"),
    },
  };
}

/** Reads from `cm-akeyless` every two seconds into a Secret of its own name, unless the specification says otherwise. */
export function externalSecret(namespace: string, name: string, spec: KubernetesObject): KubernetesObject {
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ExternalSecret",
    metadata: { name, namespace },
    spec: { refreshInterval: "2s", secretStoreRef: store, target: { name }, ...spec },
  };
}

/** The `data` of an ExternalSecret: the Secret's keys, each with the path of its item. */
export function dataOf(paths: Record<string, string>): object[] {
  return Object.entries(paths).map(([secretKey, key]) => ({ secretKey, remoteRef: { key } }));
}

/** Writes a Secret of its own name to `cm-akeyless` every two seconds, unless the specification says otherwise. */
export function pushSecret(namespace: string, name: string, spec: KubernetesObject): KubernetesObject {
  return {
    apiVersion: "external-secrets.io/v1alpha1",
    kind: "PushSecret",
    metadata: { name, namespace },
    spec: { refreshInterval: "2s", secretStoreRefs: [store], selector: { secret: { name } }, ...spec },
  };
}

export function readyCondition(
  object: KubernetesObject | undefined,
): { status: string; reason: string; message: string } | undefined {
  return object?.status?.conditions?.find(({ type }: { type: string }) => type === "Ready");
}

export function isReady(object: KubernetesObject | undefined): boolean {
  return readyCondition(object)?.status === "True";
}

/** What a Secret holds, as text; `undefined` if there is none. */
export function textOf(secret: KubernetesObject | undefined): Record<string, string> | undefined {
  if (secret === undefined) return undefined;
  const entries = Object.entries<string>(secret.data ?? {});
  return Object.fromEntries(entries.map(([key, data]) => [key, Buffer.from(data, "base64").toString()]));
}
