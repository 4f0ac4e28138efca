import type { Rule } from "../lint/rule.ts";
import { externalSecret } from "./examples.ts";
import { templatesOf } from "./templates-of.ts";

export const engineVersion: Rule = {
  id: "HK026",
  name: "engine-version",
  severity: "warning",
  kinds: ["ExternalSecret", "PushSecret"],
  summary: "the template engine v1 is gone since ESO 0.16",
  effect:
    'The API server refuses the manifest: `Unsupported value: "v1"`. Some functions had other names in v1, so look at the template too.',
  bad: externalSecret({ target: 'template:\n  engineVersion: v1\n  data:\n    A: "{{ .PW }}"' }),
  good: externalSecret({ target: 'template:\n  engineVersion: v2\n  data:\n    A: "{{ .PW }}"' }),
  source: "ESO 0.20.4 and 2.9.0 on Kubernetes 1.36.",
  check: (manifest, report) => {
    const { place, plain } = templatesOf(manifest);
    if (place && plain.engineVersion === "v1")
      report([...place, "engineVersion"], "v1 is gone since ESO 0.16: write v2");
  },
};
