import { parseItemPath } from "@halfkey/model";
import type { Rule } from "../lint/rule.ts";
import { asText } from "../plain.ts";
import { externalSecret } from "./examples.ts";
import { remoteRefs } from "./remote-refs.ts";

export const itemIsEmpty: Rule = {
  id: "HK044",
  name: "item-is-empty",
  severity: "warning",
  online: true,
  kinds: ["ExternalSecret"],
  summary: "the item is empty, which ESO cannot sync",
  effect: "`found no value string`, and SecretSyncedError: ESO takes an empty value for none.",
  bad: externalSecret({ data: "data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/app/empty" }),
  good: externalSecret({ data: "data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/app/password" }),
  exampleItems: { "/mdapi/joplin/app/empty": "", "/mdapi/joplin/app/password": "x" },
  source: "ESO 0.20.4 and 2.9.0 on Kubernetes 1.36.",
  check: (manifest, report, { isAkeyless, items }) => {
    if (!items) return;
    for (const { by, plain, place, store } of remoteRefs(manifest)) {
      const key = asText(plain.key);
      if (by === "find" || key === undefined || plain.property !== undefined || !isAkeyless(store)) continue;
      try {
        if (items.valueOf(parseItemPath(key)) === "")
          report([...place, "key"], "the item is empty, and ESO cannot sync it");
      } catch {
        // No item has such a path; another rule says so.
      }
    }
  },
};
