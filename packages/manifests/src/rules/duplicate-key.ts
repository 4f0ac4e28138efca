import { isScalar } from "yaml";
import type { Rule } from "../lint/rule.ts";
import { withTemplate } from "./examples.ts";

export const duplicateKey: Rule = {
  id: "HK020",
  name: "duplicate-key",
  severity: "warning",
  silent: true,
  kinds: ["ExternalSecret", "PushSecret", "Store"],
  summary: "a key stands twice in one map",
  effect: "kubectl takes it, and the last one wins without a word.",
  bad: withTemplate('A: other\nA: "{{ .PW }}"'),
  good: withTemplate('A: "{{ .PW }}"\nB: "other {{ .PW }}"'),
  source: "kubectl 1.36 with ESO 2.9.0.",
  check: (manifest, report) => {
    for (const { place, pairs } of manifest.maps()) {
      const seen = new Set<string>();
      const keys = pairs.map(({ key }) => (isScalar(key) ? String(key.value) : undefined));
      for (const key of keys) {
        if (key === undefined || key === "<<") continue;
        if (seen.has(key))
          report([...place, key], `${key} stands twice, and only the last counts`, { atKey: true });
        seen.add(key);
      }
    }
  },
};
