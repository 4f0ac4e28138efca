import type { Rule } from "../lint/rule.ts";
import { externalSecret, withTemplate } from "./examples.ts";
import { fetchedKeys } from "./fetched-keys.ts";
import { templatesOf } from "./templates-of.ts";

export const shellVariable: Rule = {
  id: "HK023",
  name: "shell-variable",
  severity: "warning",
  silent: true,
  kinds: ["ExternalSecret"],
  summary: "variables of a shell are plain text here",
  effect: "The Secret gets the letters `$(PW)`. ESO knows only `{{ .PW }}`.",
  bad: externalSecret({
    target: 'template:\n  mergePolicy: Merge\n  data:\n    A: "postgres://joplin:$(PW)@db"',
  }),
  good: withTemplate('A: "postgres://joplin:{{ .PW }}@db"'),
  source: "ESO 2.9.0 on Kubernetes 1.36.",
  check: (manifest, report) => {
    const { names } = fetchedKeys(manifest);
    for (const { text, place } of templatesOf(manifest).all) {
      const found = [...text.matchAll(/\$\(([\w.-]+)\)|\$\{([\w.-]+)\}/g)].find((one) =>
        names.has(one[1] ?? one[2] ?? ""),
      );
      if (!found) continue;
      const within = { text, at: found.index, end: found.index + found[0].length };
      report(place, `${found[0]} stays as it is: write {{ .${found[1] ?? found[2]} }}`, { within });
    }
  },
};
