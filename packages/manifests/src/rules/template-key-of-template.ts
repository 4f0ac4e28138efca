import type { Rule } from "../lint/rule.ts";
import { withTemplate } from "./examples.ts";
import { missingKeys } from "./missing-keys.ts";

export const templateKeyOfTemplate: Rule = {
  id: "HK006",
  name: "template-key-of-template",
  severity: "error",
  kinds: ["ExternalSecret"],
  summary: "the template looks up another key of the template",
  effect:
    "A template sees what was fetched, never other keys of the template, whatever their order: rendering fails with `map has no entry for key`, and the Secret stays as it was. Before ESO 0.9.19 the Secret got the text `<no value>`, which looks empty to many programs. See [the template trap](template-trap.md).",
  bad: withTemplate('NAME: joplin\nSELECTOR: "{{ .NAME }}-{{ .PW }}"'),
  good: withTemplate('NAME: joplin\nSELECTOR: "joplin-{{ .PW }}"'),
  source: "The template engine of ESO 0.20.4 and 2.9.0; both orders on a real cluster.",
  check: (manifest, report) => {
    for (const { by, key, template, site, isTemplateKey } of missingKeys(manifest)) {
      if (by !== "field" || !isTemplateKey) continue;
      const within = { text: template.text, at: site.node.at, end: site.node.end };
      report(
        template.place,
        `${key} is a key of the template itself, and a template sees only what was fetched`,
        { within },
      );
    }
  },
};
