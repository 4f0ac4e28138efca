import type { Rule } from "../lint/rule.ts";
import { externalSecret } from "./examples.ts";
import { templatesOf } from "./templates-of.ts";
import { unquotedActions } from "./unquoted-actions.ts";

export const literalUnquoted: Rule = {
  id: "HK012",
  name: "literal-unquoted",
  severity: "error",
  silent: true,
  kinds: ["ExternalSecret", "PushSecret"],
  summary: "a value stands unquoted in a `literal`, which is read as YAML",
  effect:
    "What `templateFrom[].literal` renders to is parsed as YAML: a password `N` becomes `false`, `~` and `null` become **empty**, `1e3` becomes a number, and JSON fails. The ExternalSecret says SecretSynced. Give the value to `toJson`, or use `template.data`.",
  bad: externalSecret({ target: "template:\n  templateFrom:\n  - literal: |\n      password: {{ .PW }}" }),
  good: externalSecret({
    target: "template:\n  templateFrom:\n  - literal: |\n      password: {{ .PW | toJson }}",
  }),
  source: "ESO 2.9.0 on Kubernetes 1.36; `toJson` read in the source.",
  check: (manifest, report) => {
    for (const template of templatesOf(manifest).all) {
      if (template.kind !== "literal") continue;
      for (const node of unquotedActions(template)) {
        const within = { text: template.text, at: node.at, end: node.end };
        report(template.place, "YAML reads this value once more: write `{{ … | toJson }}`", { within });
      }
    }
  },
};
