import type { Rule } from "../lint/rule.ts";
import { asRecord } from "../plain.ts";
import { externalSecret } from "./examples.ts";
import { remoteRefs } from "./remote-refs.ts";

export const findWithDelete: Rule = {
  id: "HK032",
  name: "find-with-delete",
  severity: "error",
  kinds: ["ExternalSecret"],
  summary: "`find` with `deletionPolicy: Delete`",
  effect:
    "An empty list **deletes the Secret**: a right that was taken away, or a renamed folder, is enough.",
  bad: externalSecret({
    target: "deletionPolicy: Delete",
    data: 'dataFrom:\n- find:\n    path: /mdapi/joplin/app\n    name:\n      regexp: .*\n  rewrite:\n  - regexp:\n      source: .*/\n      target: ""',
  }),
  good: externalSecret({
    target: "deletionPolicy: Retain",
    data: 'dataFrom:\n- find:\n    path: /mdapi/joplin/app\n    name:\n      regexp: .*\n  rewrite:\n  - regexp:\n      source: .*/\n      target: ""',
  }),
  source: "ESO 2.9.0 on Kubernetes 1.36.",
  check: (manifest, report, { isAkeyless }) => {
    if (asRecord(manifest.spec.target).deletionPolicy !== "Delete") return;
    if (!remoteRefs(manifest).some(({ by, store }) => by === "find" && isAkeyless(store))) return;
    report(
      [...manifest.specPlace, "target", "deletionPolicy"],
      "a find that comes back empty deletes the Secret",
    );
  },
};
