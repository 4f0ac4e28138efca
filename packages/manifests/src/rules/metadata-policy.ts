import type { Rule } from "../lint/rule.ts";
import { externalSecret } from "./examples.ts";
import { remoteRefs } from "./remote-refs.ts";

export const metadataPolicy: Rule = {
  id: "HK040",
  name: "metadata-policy",
  severity: "info",
  silent: true,
  kinds: ["ExternalSecret"],
  summary: "the `akeyless` provider ignores metadataPolicy",
  effect: "`Fetch` fetches the value, as without it.",
  bad: externalSecret({
    data: "data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/app/password\n    metadataPolicy: Fetch",
  }),
  good: externalSecret({}),
  source: "ESO 2.9.0 and 0.20.4, read in the source.",
  check: (manifest, report, { isAkeyless }) => {
    for (const { plain, place, store } of remoteRefs(manifest)) {
      if (plain.metadataPolicy === "Fetch" && isAkeyless(store))
        report([...place, "metadataPolicy"], "the akeyless provider ignores it");
    }
  },
};
