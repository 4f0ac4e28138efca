import type { Rule } from "../lint/rule.ts";
import { withTemplate } from "./examples.ts";
import { missingKeys } from "./missing-keys.ts";

export const templateDefaultMissingKey: Rule = {
  id: "HK025",
  name: "template-default-missing-key",
  severity: "error",
  kinds: ["ExternalSecret"],
  summary: "`default` does not help against a key that is not fetched",
  effect:
    "Looking the key up fails before `default` sees anything: `map has no entry for key`. The Secret stays as it was.",
  bad: withTemplate("A: '{{ .PW }}'\nB: '{{ .USER | default \"joplin\" }}'"),
  good: withTemplate("A: '{{ .PW }}'\nB: '{{ index . \"USER\" | default \"joplin\" }}'"),
  source: "The template engine of ESO 0.20.4 and 2.9.0 (issue 3843).",
  check: (manifest, report) => {
    for (const { by, key, template, site, hasDefault, isTemplateKey } of missingKeys(manifest)) {
      // `and` and `or` may stop before they come to it.
      if (by !== "field" || !hasDefault || isTemplateKey || !/\bdefault\b/.test(template.text)) continue;
      if (/\b(?:and|or|ternary|coalesce)\b/.test(template.text)) continue;
      const within = { text: template.text, at: site.node.at, end: site.node.end };
      report(
        template.place,
        `.${key} fails before \`default\` sees it: write \`index . ${JSON.stringify(key)} | default …\``,
        { within },
      );
    }
  },
};
