import type { Rule } from "../lint/rule.ts";
import { withTemplate } from "./examples.ts";
import { missingKeys } from "./missing-keys.ts";

export const templateIndexMissingKey: Rule = {
  id: "HK008",
  name: "template-index-missing-key",
  severity: "error",
  silent: true,
  kinds: ["ExternalSecret"],
  summary: "`index` looks up a key that is not fetched",
  effect:
    "`index` gives an empty text where `.KEY` is an error, so the Secret gets an **empty value** and the ExternalSecret says SecretSynced. In `if` and `with` the condition is never true.",
  bad: withTemplate("A: '{{ index . \"PASSWORD\" }}'"),
  good: withTemplate("A: '{{ index . \"PW\" }}'"),
  source: "The template engine of ESO 0.20.4 and 2.9.0; on a real cluster.",
  check: (manifest, report) => {
    for (const { by, key, template, site, hasDefault } of missingKeys(manifest)) {
      if (by !== "index" || hasDefault) continue;
      const within = { text: template.text, at: site.node.at, end: site.node.end };
      report(
        template.place,
        `nothing fetches ${JSON.stringify(key)}, and \`index\` makes that an empty value`,
        { within },
      );
    }
  },
};
