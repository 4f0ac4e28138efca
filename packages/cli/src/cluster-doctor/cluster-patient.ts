import type { Peer } from "@halfkey/diagnosis";
import type { KubernetesCluster, KubernetesObject } from "@halfkey/kubernetes";

/** A cluster whose External Secrets Operator reads from a gateway. Each check fills in what later ones ask for. */
export interface ClusterPatient {
  readonly context: string | undefined;
  readonly kubeconfig: string | undefined;
  /** Only this one; default: all. */
  readonly namespace: string | undefined;
  /** `NAMESPACE/NAME` of the only ExternalSecret to look at; default: those that are not ready. */
  readonly externalSecret: { namespace: string; name: string } | undefined;
  cluster?: KubernetesCluster;
  /** The ExternalSecrets that are looked at, a few at most; once the store is known, those that read from it. */
  subjects?: KubernetesObject[];
  /** The store of the first subject. */
  store?: KubernetesObject;
  /** Its `akeyless` provider. */
  provider?: AkeylessProvider;
  ca?: string | undefined;
  peer?: Peer;
  /** The gateway's API as the operator calls it. */
  base?: string;
  /** Namespace → token of the gateway, or nothing where it was refused. Secret. */
  tokens?: Map<string, string>;
}

/** `spec.provider.akeyless` of a store, as far as it is read here. */
export interface AkeylessProvider {
  akeylessGWApiURL?: string;
  caBundle?: string;
  caProvider?: { type?: string; name?: string; key?: string; namespace?: string };
  authSecretRef?: {
    secretRef?: Record<"accessID" | "accessType" | "accessTypeParam", SecretKey | undefined>;
    kubernetesAuth?: {
      accessID?: string;
      k8sConfName?: string;
      serviceAccountRef?: { name: string; namespace?: string; audiences?: string[] };
      secretRef?: SecretKey;
    };
  };
}

export interface SecretKey {
  name?: string;
  namespace?: string;
  key?: string;
}

/** `joplin/db`. */
export function nameOf({ metadata: { namespace = "", name } }: KubernetesObject): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}
