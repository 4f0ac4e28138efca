import type { Rule } from "../lint/rule.ts";
import { externalSecret } from "./examples.ts";
import { unknownFields } from "./shape.ts";

export const unknownField: Rule = {
  id: "HK021",
  name: "unknown-field",
  severity: "error",
  silent: true,
  kinds: ["ExternalSecret", "PushSecret"],
  summary: "there is no such field",
  effect:
    "`kubectl apply` refuses it, but with `--validate=false`, and from tools that do not ask for strictness, the API server **prunes it without a word**.",
  bad: externalSecret({
    data: "data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/app/password\n    path: user",
  }),
  good: externalSecret({
    data: "data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/app/password\n    property: user",
  }),
  source: "The API server of Kubernetes 1.36 with the definitions of ESO 0.20.4 and 2.9.0.",
  check: (manifest, report) => {
    for (const { place, instead } of unknownFields(manifest)) {
      const hint = instead.length === 0 ? "" : `; there are ${instead.join(", ")}`;
      report(place, `there is no field ${place.at(-1)} here${hint}`, { atKey: true });
    }
  },
};
