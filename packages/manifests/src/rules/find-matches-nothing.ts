import type { Rule } from "../lint/rule.ts";
import { matcherOf } from "../matcher-of.ts";
import { readsOf } from "../reads-of.ts";
import { externalSecret } from "./examples.ts";

export const findMatchesNothing: Rule = {
  id: "HK031",
  name: "find-matches-nothing",
  severity: "warning",
  silent: true,
  online: true,
  kinds: ["ExternalSecret"],
  summary: "`find` matches no item",
  effect:
    "The ExternalSecret says Ready, and there is **no Secret**; with `deletionPolicy: Merge` there is an empty one.",
  bad: externalSecret({
    data: 'dataFrom:\n- find:\n    path: /mdapi/joplin/old\n    name:\n      regexp: .*\n  rewrite:\n  - regexp:\n      source: .*/\n      target: ""',
  }),
  good: externalSecret({
    data: 'dataFrom:\n- find:\n    path: /mdapi/joplin/app\n    name:\n      regexp: .*\n  rewrite:\n  - regexp:\n      source: .*/\n      target: ""',
  }),
  exampleItems: { "/mdapi/joplin/app/password": "x" },
  source: "ESO 0.20.4 and 2.9.0 on Kubernetes 1.36.",
  check: (manifest, report, { isAkeyless, items }) => {
    if (!items) return;
    for (const { store, target, place } of readsOf(manifest.root)) {
      if (!("find" in target) || !isAkeyless(store) || items.all.some(matcherOf({ target }))) continue;
      report(place, "this matches no item, so no Secret is made");
    }
  },
};
