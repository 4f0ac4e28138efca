import type { Rule } from "../lint/rule.ts";
import { asRecord } from "../plain.ts";
import { externalSecret } from "./examples.ts";
import { remoteRefs } from "./remote-refs.ts";

export const deletionPolicyWithoutEffect: Rule = {
  id: "HK037",
  name: "deletion-policy-without-effect",
  severity: "warning",
  silent: true,
  kinds: ["ExternalSecret"],
  summary: "this deletionPolicy does nothing with single items",
  effect:
    "With `data` and `extract` the `akeyless` provider of ESO up to 2.9 never says that an item is gone: the Secret keeps its old value and the ExternalSecret says SecretSyncedError, with Delete and Merge as with Retain. To revoke, delete the ExternalSecret.",
  bad: externalSecret({ target: "deletionPolicy: Delete" }),
  good: externalSecret({ target: "deletionPolicy: Retain" }),
  source: "ESO 0.20.4 and 2.9.0 on Kubernetes 1.36 (issue 7011).",
  check: (manifest, report, { isAkeyless }) => {
    const { deletionPolicy } = asRecord(manifest.spec.target);
    const refs = remoteRefs(manifest);
    if (deletionPolicy !== "Delete" && deletionPolicy !== "Merge") return;
    if (refs.length === 0 || !refs.every(({ by, store }) => by !== "find" && isAkeyless(store))) return;
    report(
      [...manifest.specPlace, "target", "deletionPolicy"],
      `${deletionPolicy} does nothing here up to ESO 2.9: to revoke, delete the ExternalSecret`,
    );
  },
};
