import type { Rule } from "../lint/rule.ts";
import { asRecord } from "../plain.ts";
import { clusterSecretStore } from "./examples.ts";

export const storeSharedIdentity: Rule = {
  id: "HK042",
  name: "store-shared-identity",
  severity: "warning",
  kinds: ["Store"],
  summary: "all namespaces come as one identity",
  effect:
    "With `serviceAccountRef.namespace`, or with an access key in a ClusterSecretStore, the gateway sees one caller for all namespaces and **cannot keep their paths apart**. With `serviceAccountRef` and no namespace, ESO asks with the ServiceAccount of each ExternalSecret's own namespace.",
  bad: clusterSecretStore({
    auth: "kubernetesAuth:\n  accessID: p-halfkey-eso\n  k8sConfName: harvester\n  serviceAccountRef:\n    name: reader\n    namespace: external-secrets",
  }),
  good: clusterSecretStore({}),
  source: "ESO 0.20.4 and 2.9.0 on Kubernetes 1.36: the tokens that the gateway got.",
  check: (manifest, report) => {
    if (manifest.kindName !== "ClusterSecretStore") return;
    const auth = asRecord(asRecord(asRecord(manifest.spec.provider).akeyless).authSecretRef);
    const place = ["spec", "provider", "akeyless", "authSecretRef"];
    if (asRecord(asRecord(auth.kubernetesAuth).serviceAccountRef).namespace !== undefined) {
      report(
        [...place, "kubernetesAuth", "serviceAccountRef", "namespace"],
        "with a namespace all namespaces come as this one ServiceAccount",
      );
    } else if (auth.secretRef !== undefined && auth.kubernetesAuth === undefined) {
      report([...place, "secretRef"], "with one access key the gateway cannot tell the namespaces apart", {
        atKey: true,
      });
    }
  },
};
