import type { Rule } from "../lint/rule.ts";
import { fieldsOfRoot } from "../template/walk.ts";
import { withTemplate } from "./examples.ts";
import { templatesOf } from "./templates-of.ts";

export const templateB64enc: Rule = {
  id: "HK014",
  name: "template-b64enc",
  severity: "warning",
  silent: true,
  kinds: ["ExternalSecret"],
  summary: "`b64enc` of a whole value encodes it twice",
  effect:
    "`template.data` is plain text, and Kubernetes encodes it when it stores it. The program reads Base64 instead of its password.",
  bad: withTemplate('A: "{{ .PW | b64enc }}"'),
  good: withTemplate('A: "{{ .PW }}"'),
  source: "ESO 2.9.0 on Kubernetes 1.36.",
  check: (manifest, report) => {
    for (const { kind, text, place, sites, nodes } of templatesOf(manifest).all) {
      const [site, ...more] = sites;
      const isAlone = nodes.every(
        (node) => node.kind === "output" || text.slice(node.at, node.end).trim() === "",
      );
      if (kind !== "data" || !site || more.length > 0 || !isAlone) continue;
      const words = site.pipe.commands.flatMap(({ operands }) => operands);
      const key = words.find((operand) => fieldsOfRoot(operand, site.dotIsRoot));
      const encoder = words.find((operand) => operand.kind === "function" && operand.name === "b64enc");
      // Anything more in the pipe may be meant: `printf "%s:%s" .user .password | b64enc` is.
      if (words.length === 2 && key && encoder)
        report(place, "Kubernetes encodes the value by itself: this encodes it twice");
    }
  },
};
