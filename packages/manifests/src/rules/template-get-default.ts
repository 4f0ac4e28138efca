import type { Rule } from "../lint/rule.ts";
import { bare, callsOf, type Site } from "../template/walk.ts";
import { withTemplate } from "./examples.ts";
import { takesAbsence } from "./takes-absence.ts";
import { templatesOf } from "./templates-of.ts";

export const templateGetDefault: Rule = {
  id: "HK011",
  name: "template-get-default",
  severity: "error",
  silent: true,
  kinds: ["ExternalSecret", "PushSecret"],
  summary: "`get` or `dig` makes an empty value of a field that is not there",
  effect:
    "The Secret gets an **empty value**, and the ExternalSecret says SecretSynced. `(mustFromJson .KEY).field` fails instead.",
  bad: withTemplate("A: '{{ get (.PW | fromJson) \"user\" }}'"),
  good: withTemplate("A: '{{ (.PW | mustFromJson).user }}'"),
  source: "The template engine of ESO 0.20.4 and 2.9.0.",
  check: (manifest, report) => {
    for (const template of templatesOf(manifest).all) {
      for (const site of template.sites) {
        const name = takesAbsence(site) ? undefined : mistakeIn(site);
        if (!name) continue;
        const within = { text: template.text, at: site.node.at, end: site.node.end };
        report(
          template.place,
          `\`${name}\` gives an empty text for a field that is not there: use \`(mustFromJson .KEY).field\``,
          { within },
        );
      }
    }
  },
};

function mistakeIn({ pipe }: Site): string | undefined {
  for (const { name, given } of callsOf(pipe)) {
    const map = given[0] && bare(given[0]);
    if (name === "get" && map?.kind === "group") {
      if ([...callsOf(map.pipe)].some((call) => /^(must)?[fF]romJson$/.test(call.name))) return name;
    }
    const usual = given.at(-2);
    if (name === "dig" && usual?.kind === "string" && usual.value === "") return name;
  }
  return undefined;
}
