import type { KubernetesObject } from "@halfkey/kubernetes";
import { namespaceLabel } from "./cluster-options.ts";

export interface StoreSettings {
  name: string;
  /** Ends in `/v2`: with anything else External Secrets drops the path. */
  url: string;
  /** PEM; undefined trusts the system's CAs. */
  caPem: string | undefined;
  accessId: string;
  /** Name of the gateway's k8s auth config. */
  configName: string;
  serviceAccount: string;
  audience: string;
}

/** One store for the whole cluster, in which each namespace is itself. */
export function storeObject(settings: StoreSettings): KubernetesObject {
  const { name, url, caPem, accessId, configName, serviceAccount, audience } = settings;
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ClusterSecretStore",
    metadata: { name },
    spec: {
      // Seconds: after an outage the store is found to be ready that soon.
      refreshInterval: 60,
      conditions: [{ namespaceSelector: { matchLabels: { [namespaceLabel.name]: namespaceLabel.value } } }],
      provider: {
        akeyless: {
          akeylessGWApiURL: url,
          ...(caPem === undefined ? {} : { caBundle: Buffer.from(caPem).toString("base64") }),
          authSecretRef: {
            kubernetesAuth: {
              accessID: accessId,
              k8sConfName: configName,
              // No namespace: the account of each ExternalSecret's own.
              serviceAccountRef: { name: serviceAccount, audiences: [audience] },
            },
          },
        },
      },
    },
  };
}

/**
 * What an older store of that name may hold and ours must not: another way to log in would stand beside ours, and a
 * namespace would make all callers one. As a merge patch, if there is anything of it.
 */
export function strayFields(store: KubernetesObject): object | undefined {
  const akeyless = store.spec?.provider?.akeyless ?? {};
  const { secretRef, kubernetesAuth = {} } = akeyless.authSecretRef ?? {};
  const stray =
    secretRef ??
    kubernetesAuth.secretRef ??
    kubernetesAuth.serviceAccountRef?.namespace ??
    akeyless.caProvider;
  if (stray === undefined) return undefined;
  const serviceAccountRef = { namespace: null };
  const authSecretRef = { secretRef: null, kubernetesAuth: { secretRef: null, serviceAccountRef } };
  return { spec: { provider: { akeyless: { caProvider: null, authSecretRef } } } };
}
