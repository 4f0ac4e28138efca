import type { Rule } from "../lint/rule.ts";
import { asList } from "../plain.ts";
import { externalSecret } from "./examples.ts";
import { remoteRefs } from "./remote-refs.ts";
import { templatesOf } from "./templates-of.ts";

export const findWithoutRewrite: Rule = {
  id: "HK033",
  name: "find-without-rewrite",
  severity: "warning",
  kinds: ["ExternalSecret"],
  summary: "`find` without `rewrite`",
  effect: "The Secret's keys are whole paths with underscores: `_mdapi_joplin_app_password`.",
  bad: externalSecret({
    data: "dataFrom:\n- find:\n    path: /mdapi/joplin/app\n    name:\n      regexp: .*",
  }),
  good: externalSecret({
    data: 'dataFrom:\n- find:\n    path: /mdapi/joplin/app\n    name:\n      regexp: .*\n  rewrite:\n  - regexp:\n      source: .*/\n      target: ""',
  }),
  source: "ESO 0.20.4 and 2.9.0 on Kubernetes 1.36.",
  check: (manifest, report, { isAkeyless }) => {
    // A template may well know the long names.
    if (templatesOf(manifest).place) return;
    for (const { by, place, entry, store } of remoteRefs(manifest)) {
      if (by !== "find" || !isAkeyless(store) || asList(entry.rewrite).length > 0) continue;
      report(place, "the Secret's keys will be like _mdapi_joplin_app_password: add a rewrite", {
        atKey: true,
      });
    }
  },
};
