import type { Manifest } from "../lint/manifest.ts";
import type { Rule } from "../lint/rule.ts";
import type { Place } from "../place.ts";
import { asRecord, asText } from "../plain.ts";
import { withTemplate } from "./examples.ts";
import { templatesOf } from "./templates-of.ts";

export const templateEmptyValue: Rule = {
  id: "HK009",
  name: "template-empty-value",
  severity: "error",
  silent: true,
  kinds: ["ExternalSecret"],
  summary: "a value of the template is empty, as if Helm had rendered it",
  effect:
    'The Secret gets an **empty value**, and the ExternalSecret says SecretSynced. Most often Helm saw `{{ .PW }}` first and found no such thing. In a chart write ``"{{ `{{ .PW }}` }}"``.',
  bad: withTemplate('A: ""\nB: "{{ .PW }}"'),
  good: withTemplate('A: "{{ .PW }}"\nB: "{{ .PW }}"'),
  source: "ESO 0.20.4 and 2.9.0 on Kubernetes 1.36.",
  check: (manifest, report) => {
    const { place, plain } = templatesOf(manifest);
    if (!place) return;
    for (const [key, value] of Object.entries(asRecord(plain.data))) {
      const at = [...place, "data", key];
      const text = asText(value);
      if (text !== undefined && /<no value>/.test(text)) {
        report(at, "`<no value>` is what Helm leaves of an action that was meant for ESO");
      } else if (text === "" || (value === null && isWritten(manifest, at))) {
        report(at, `${key} is empty: did Helm render what was meant for ESO?`);
      }
    }
  },
};

/** A key without a value, which Helm leaves of `A: {{ .PW }}`. */
function isWritten(manifest: Manifest, place: Place): boolean {
  return manifest.nodeAt(place) !== undefined;
}
