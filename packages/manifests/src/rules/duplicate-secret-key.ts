import type { Rule } from "../lint/rule.ts";
import { asList, asRecord, asText } from "../plain.ts";
import { externalSecret } from "./examples.ts";

export const duplicateSecretKey: Rule = {
  id: "HK035",
  name: "duplicate-secret-key",
  severity: "warning",
  silent: true,
  kinds: ["ExternalSecret"],
  summary: "two entries of `data` have one secretKey",
  effect:
    "The last one wins. With `deletionPolicy: Retain`, the default, ESO's webhook refuses it: `duplicate secretKey found`.",
  bad: externalSecret({
    data: "data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/a\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/b",
  }),
  good: externalSecret({
    data: "data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/a\n- secretKey: PW2\n  remoteRef:\n    key: /mdapi/joplin/b",
  }),
  source: "ESO 0.20.4 and 2.9.0 on Kubernetes 1.36.",
  check: (manifest, report) => {
    const seen = new Set<string>();
    for (const [index, entry] of asList(manifest.spec.data).entries()) {
      const key = asText(asRecord(entry).secretKey);
      if (key === undefined) continue;
      if (seen.has(key))
        report(
          [...manifest.specPlace, "data", index, "secretKey"],
          `${key} comes twice, and the last one wins`,
        );
      seen.add(key);
    }
  },
};
