import type { Rule } from "../lint/rule.ts";
import { asList, asRecord, asText } from "../plain.ts";
import { externalSecret } from "./examples.ts";
import { templatesOf } from "./templates-of.ts";

export const templateTarget: Rule = {
  id: "HK027",
  name: "template-target",
  severity: "error",
  kinds: ["ExternalSecret", "PushSecret"],
  summary: "templateFrom has a target that a Secret has not",
  effect:
    "Refused. A Secret has `Data`, `Annotations` and `Labels`; other targets are for `target.manifest`.",
  bad: externalSecret({
    target:
      "template:\n  templateFrom:\n  - target: metadata.annotations\n    literal: |\n      a: {{ .PW | toJson }}",
  }),
  good: externalSecret({
    target:
      "template:\n  templateFrom:\n  - target: Annotations\n    literal: |\n      a: {{ .PW | toJson }}",
  }),
  source: "The definitions of ESO 0.20.4; ESO 2.9.0 read in the source.",
  check: (manifest, report) => {
    const { place, plain } = templatesOf(manifest);
    if (!place || asRecord(manifest.spec.target).manifest !== undefined) return;
    for (const [index, from] of asList(plain.templateFrom).entries()) {
      const target = asText(asRecord(from).target);
      if (target === undefined || ["Data", "Annotations", "Labels"].includes(target)) continue;
      report([...place, "templateFrom", index, "target"], "a Secret has Data, Annotations and Labels");
    }
  },
};
