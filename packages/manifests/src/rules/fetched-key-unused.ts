import type { Rule } from "../lint/rule.ts";
import { asRecord, asText } from "../plain.ts";
import { fieldsOfRoot, operandsOf } from "../template/walk.ts";
import { externalSecret, withTemplate } from "./examples.ts";
import { remoteRefs } from "./remote-refs.ts";
import { type Template, templatesOf, usesAll } from "./templates-of.ts";

export const fetchedKeyUnused: Rule = {
  id: "HK022",
  name: "fetched-key-unused",
  severity: "warning",
  silent: true,
  kinds: ["ExternalSecret"],
  summary: "a fetched key is in no template, so it is not in the Secret",
  effect:
    "With a template and no `mergePolicy: Merge`, the Secret has the template's keys and **no others**. The key was fetched for nothing.",
  bad: withTemplate("A: plain"),
  good: externalSecret({ target: "template:\n  mergePolicy: Merge\n  data:\n    A: plain" }),
  source: "ESO 0.20.4 and 2.9.0 on Kubernetes 1.36.",
  check: (manifest, report) => {
    const { all, plain } = templatesOf(manifest);
    const isWhole = all.some(({ kind }) => kind !== "metadata") && all.every(({ error }) => !error);
    const isElsewhere = JSON.stringify(plain.templateFrom ?? "").match(/"(configMap|secret)"/);
    if (!isWhole || isElsewhere || plain.mergePolicy === "Merge" || all.some(usesAll) || all.some(isForHelm))
      return;
    const used = new Set(Object.keys(asRecord(plain.data)));
    for (const { pipe, dotIsRoot } of all.flatMap(({ sites }) => sites)) {
      for (const operand of operandsOf(pipe)) {
        const [key] = fieldsOfRoot(operand, dotIsRoot) ?? [];
        if (key !== undefined) used.add(key);
      }
    }
    for (const { by, entry, entryPlace } of remoteRefs(manifest)) {
      const key = asText(entry.secretKey);
      if (by !== "data" || key === undefined || used.has(key)) continue;
      report(
        [...entryPlace, "secretKey"],
        `${key} is in no template, and without \`mergePolicy: Merge\` it is not in the Secret`,
      );
    }
  },
};

/** A chart's template before Helm: what ESO will see stands in a string of it. */
function isForHelm({ sites }: Template): boolean {
  return sites.some(({ pipe }) =>
    [...operandsOf(pipe)].some((operand) => operand.kind === "string" && operand.value.includes("{{")),
  );
}
