import type { Rule } from "../lint/rule.ts";
import { asList } from "../plain.ts";
import { storeOf } from "../reads-of.ts";
import { pushSecret } from "./examples.ts";

export const pushSecretDelete: Rule = {
  id: "HK043",
  name: "push-secret-delete",
  severity: "warning",
  kinds: ["PushSecret"],
  summary: "a PushSecret that deletes",
  effect:
    "If the item is gone already when the PushSecret is deleted, ESO tries forever: the PushSecret stays in deletion, and ESO's finalizer holds the store too. Only taking the finalizers off by hand frees both.",
  bad: pushSecret("deletionPolicy: Delete"),
  good: pushSecret("deletionPolicy: None"),
  source: "ESO 2.9.0 on Kubernetes 1.36.",
  check: (manifest, report, { isAkeyless }) => {
    if (manifest.spec.deletionPolicy !== "Delete") return;
    if (!asList(manifest.spec.secretStoreRefs).some((one) => isAkeyless(storeOf(one)))) return;
    report(
      [...manifest.specPlace, "deletionPolicy"],
      "if the item is gone already, the PushSecret and its store stay in deletion",
    );
  },
};
