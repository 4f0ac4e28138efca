import type { Rule } from "../lint/rule.ts";
import { bare, callsOf, type Site } from "../template/walk.ts";
import { withTemplate } from "./examples.ts";
import { takesAbsence } from "./takes-absence.ts";
import { templatesOf } from "./templates-of.ts";

export const templateFromJson: Rule = {
  id: "HK010",
  name: "template-from-json",
  severity: "error",
  silent: true,
  kinds: ["ExternalSecret", "PushSecret"],
  summary: "`fromJson` hides that the value is no JSON, or lacks the field",
  effect:
    "The Secret gets the **text `<no value>`**, and the ExternalSecret says SecretSynced: `fromJson` gives nothing for what is no JSON, and `index` nothing for a field that is not there. `mustFromJson` and `.field` fail instead.",
  bad: withTemplate("A: '{{ index (.PW | fromJson) \"user\" }}'"),
  good: withTemplate("A: '{{ (.PW | mustFromJson).user }}'"),
  source: "The template engine of ESO 0.20.4 and 2.9.0.",
  check: (manifest, report) => {
    for (const template of templatesOf(manifest).all) {
      for (const site of template.sites) {
        const why = takesAbsence(site) ? undefined : mistakeIn(site);
        if (why)
          report(template.place, why, {
            within: { text: template.text, at: site.node.at, end: site.node.end },
          });
      }
    }
  },
};

function mistakeIn({ node, pipe }: Site): string | undefined {
  const last = pipe.commands.at(-1)?.operands[0];
  if (
    node.kind === "output" &&
    pipe.sets.length === 0 &&
    last?.kind === "function" &&
    last.name === "fromJson"
  ) {
    return "a value that is no JSON becomes the text `<no value>`: use mustFromJson";
  }
  for (const { name, given } of callsOf(pipe)) {
    const map = given[0] && bare(given[0]);
    if (name !== "index" || map?.kind !== "group" || map.names.length > 0) continue;
    const parser = map.pipe.commands.at(-1)?.operands[0];
    if (parser?.kind === "function" && (parser.name === "fromJson" || parser.name === "mustFromJson")) {
      return "a field that is not there becomes the text `<no value>`: use `(mustFromJson .KEY).field`";
    }
  }
  return undefined;
}
