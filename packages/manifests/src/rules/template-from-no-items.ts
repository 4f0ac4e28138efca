import type { Rule } from "../lint/rule.ts";
import { asList, asRecord } from "../plain.ts";
import { externalSecret } from "./examples.ts";
import { templatesOf } from "./templates-of.ts";

export const templateFromNoItems: Rule = {
  id: "HK028",
  name: "template-from-no-items",
  severity: "warning",
  silent: true,
  kinds: ["ExternalSecret", "PushSecret"],
  summary: "templateFrom names no items",
  effect: "It is taken, and contributes **nothing**: each key of the ConfigMap or Secret has to be named.",
  bad: externalSecret({
    target:
      'template:\n  data:\n    A: "{{ .PW }}"\n  templateFrom:\n  - configMap:\n      name: app-templates\n      items: []',
  }),
  good: externalSecret({
    target:
      'template:\n  data:\n    A: "{{ .PW }}"\n  templateFrom:\n  - configMap:\n      name: app-templates\n      items:\n      - key: config.yaml',
  }),
  source: "ESO 2.9.0: that it is taken, on Kubernetes 1.36; that it gives nothing, read in the source.",
  check: (manifest, report) => {
    const { place, plain } = templatesOf(manifest);
    if (!place) return;
    for (const [index, from] of asList(plain.templateFrom).entries()) {
      for (const kind of ["configMap", "secret"]) {
        const { items } = asRecord(asRecord(from)[kind]);
        if (Array.isArray(items) && items.length === 0) {
          report([...place, "templateFrom", index, kind, "items"], "without items this contributes nothing");
        }
      }
    }
  },
};
