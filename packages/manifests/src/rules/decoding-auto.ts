import type { Rule } from "../lint/rule.ts";
import { externalSecret } from "./examples.ts";
import { remoteRefs } from "./remote-refs.ts";

export const decodingAuto: Rule = {
  id: "HK015",
  name: "decoding-auto",
  severity: "warning",
  silent: true,
  kinds: ["ExternalSecret"],
  summary: "`decodingStrategy: Auto` guesses",
  effect:
    "A password that happens to be valid Base64 is decoded: `admin123` becomes six binary bytes, after a rotation and without an error.",
  bad: externalSecret({
    data: "data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/app/password\n    decodingStrategy: Auto",
  }),
  good: externalSecret({
    data: "data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/app/password\n    decodingStrategy: None",
  }),
  source: "ESO 2.9.0 on Kubernetes 1.36.",
  check: (manifest, report) => {
    for (const { plain, place } of remoteRefs(manifest)) {
      if (plain.decodingStrategy === "Auto") {
        report(
          [...place, "decodingStrategy"],
          "a value that happens to look like Base64 is decoded: say None or Base64",
        );
      }
    }
  },
};
