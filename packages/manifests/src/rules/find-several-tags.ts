import type { Rule } from "../lint/rule.ts";
import { asRecord } from "../plain.ts";
import { externalSecret } from "./examples.ts";
import { remoteRefs } from "./remote-refs.ts";

export const findSeveralTags: Rule = {
  id: "HK034",
  name: "find-several-tags",
  severity: "warning",
  silent: true,
  kinds: ["ExternalSecret"],
  summary: "several tags are put together, not narrowed down",
  effect:
    "ESO asks for each tag's **value** by itself and takes all that come: tag `prod` **or** tag `x`. The tags' keys are never sent.",
  bad: externalSecret({
    data: 'dataFrom:\n- find:\n    tags:\n      env: prod\n      team: x\n  rewrite:\n  - regexp:\n      source: .*/\n      target: ""',
  }),
  good: externalSecret({
    data: 'dataFrom:\n- find:\n    tags:\n      env: prod\n  rewrite:\n  - regexp:\n      source: .*/\n      target: ""',
  }),
  source: "ESO 2.9.0's provider against a recording server.",
  check: (manifest, report, { isAkeyless }) => {
    for (const { by, plain, place, store } of remoteRefs(manifest)) {
      const values = new Set(Object.values(asRecord(plain.tags)));
      if (by !== "find" || !isAkeyless(store) || values.size < 2 || plain.name !== undefined) continue;
      report(
        [...place, "tags"],
        `this finds items with any of ${[...values].join(", ")}, not with all of them`,
        { atKey: true },
      );
    }
  },
};
