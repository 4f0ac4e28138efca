import type { Rule } from "../lint/rule.ts";
import { fieldsOfRoot, operandsOf } from "../template/walk.ts";
import { withTemplate } from "./examples.ts";
import { templatesOf } from "./templates-of.ts";

export const templateInvalid: Rule = {
  id: "HK024",
  name: "template-invalid",
  severity: "error",
  kinds: ["ExternalSecret", "PushSecret"],
  summary: "the template cannot be parsed or run",
  effect:
    "Rendering fails, the Secret stays as it was, and neither the webhook nor the API server said anything when it was applied. Keys with a dash need `index . \"my-key\"`. Helm's `tpl`, `include`, `lookup`, `required`, `env` and `.Values` are not ESO's, and fetched keys stand at the root: `.PW`, not `.data.PW`.",
  bad: withTemplate('A: "{{ .data.PW }}"\nB: "{{ .PW }}"'),
  good: withTemplate('A: "{{ .PW }}"\nB: "{{ .PW }}"'),
  source: "The template engine of ESO 0.20.4 and 2.9.0.",
  check: (manifest, report) => {
    for (const template of templatesOf(manifest).all) {
      const { error, text, place, sites } = template;
      if (error) {
        const dashed = /bad character U\+002D/.test(error.message)
          ? ': for a key with a dash write `index . "my-key"`'
          : "";
        const at = Math.max(0, text.lastIndexOf("{{", error.at));
        report(place, `${error.message}${dashed}`, { within: { text, at, end: Math.max(at, error.at) } });
        continue;
      }
      for (const { pipe, dotIsRoot, node } of sites) {
        for (const operand of operandsOf(pipe)) {
          const [key, next] = fieldsOfRoot(operand, dotIsRoot) ?? [];
          if (key === undefined || next === undefined) continue;
          const why = /^(Values|Release|Chart|Capabilities|Files)$/.test(key)
            ? "that is Helm's, not ESO's"
            : `fetched values are texts, and a text has no ${next}`;
          report(place, `.${key}.${next}: ${why}`, { within: { text, at: node.at, end: node.end } });
        }
      }
    }
  },
};
