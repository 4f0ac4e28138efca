import type { KubernetesObject } from "@halfkey/kubernetes";
import { CliError } from "../cli-error.ts";

/** How a store logs in, as far as a check can do the same. */
export interface StoreIdentity {
  url: string;
  caPem: string | undefined;
  /** The CA is elsewhere: a ConfigMap or a Secret. */
  caIsElsewhere: boolean;
  accessId: string;
  configName: string;
  serviceAccount: string;
  /** Set if all namespaces are one and the same caller: then no path can be scoped. */
  sharedNamespace: string | undefined;
  audiences: string[];
}

/** @throws {CliError} if the store is none of ours, or logs in with an access key. */
export function storeIdentity(store: KubernetesObject): StoreIdentity {
  const akeyless = store.spec?.provider?.akeyless;
  const auth = akeyless?.authSecretRef?.kubernetesAuth;
  const account = auth?.serviceAccountRef;
  if (akeyless === undefined || account === undefined) {
    const what = akeyless === undefined ? "is of another provider" : "logs in without service accounts";
    throw new CliError(`the store ${store.metadata.name} ${what}: nothing to check for each namespace`, {
      next: "halfkey k8s init --dry-run tells what it should be",
    });
  }
  return {
    url: String(akeyless.akeylessGWApiURL),
    caPem: akeyless.caBundle === undefined ? undefined : pemOf(String(akeyless.caBundle)),
    caIsElsewhere: akeyless.caProvider !== undefined,
    accessId: String(auth.accessID),
    configName: String(auth.k8sConfName),
    serviceAccount: String(account.name),
    sharedNamespace: account.namespace,
    audiences: account.audiences ?? [],
  };
}

/** External Secrets takes PEM and the base64 of it. */
function pemOf(text: string): string {
  return text.includes("-----BEGIN ") ? text : Buffer.from(text, "base64").toString("utf8");
}
