import type { Rule } from "../lint/rule.ts";
import { withTemplate } from "./examples.ts";
import { missingKeys } from "./missing-keys.ts";

export const templateMissingKey: Rule = {
  id: "HK005",
  name: "template-missing-key",
  severity: "error",
  kinds: ["ExternalSecret"],
  summary: "the template looks up a key that is not fetched",
  effect:
    "Rendering fails: `map has no entry for key`. The Secret stays as it was, and the condition says only `could not update secret`. This holds in `if` and `with` too. Before ESO 0.9.19 the Secret got the text `<no value>`.",
  bad: withTemplate('A: "{{ .PASSWORD }}"\nB: "{{ .PW }}"'),
  good: withTemplate('A: "{{ .PW }}"\nB: "{{ .PW }}"'),
  source: "The template engine of ESO 0.20.4 and 2.9.0 (`missingkey=error`, pull request 3480).",
  check: (manifest, report) => {
    for (const { by, key, template, site, hasDefault, isTemplateKey } of missingKeys(manifest)) {
      if (by !== "field" || hasDefault || isTemplateKey) continue;
      const within = { text: template.text, at: site.node.at, end: site.node.end };
      report(template.place, `nothing fetches ${JSON.stringify(key)}, so rendering fails`, { within });
    }
  },
};
