import type { Rule } from "../lint/rule.ts";
import { asRecord } from "../plain.ts";
import { externalSecret } from "./examples.ts";

export const noSecretIsMade: Rule = {
  id: "HK029",
  name: "no-secret-is-made",
  severity: "warning",
  silent: true,
  kinds: ["ExternalSecret"],
  summary: "`creationPolicy: None` makes no Secret",
  effect: "The ExternalSecret says Ready and SecretSynced, and there is **no Secret**.",
  bad: externalSecret({ target: "creationPolicy: None" }),
  good: externalSecret({ target: "creationPolicy: Owner" }),
  source: "ESO 2.9.0 on Kubernetes 1.36.",
  check: (manifest, report) => {
    if (asRecord(manifest.spec.target).creationPolicy !== "None") return;
    report(
      [...manifest.specPlace, "target", "creationPolicy"],
      "None makes no Secret, and the ExternalSecret says Ready",
    );
  },
};
