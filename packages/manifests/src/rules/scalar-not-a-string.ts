import type { Rule } from "../lint/rule.ts";
import { externalSecret } from "./examples.ts";
import { scalarsOf } from "./shape.ts";

export const scalarNotAString: Rule = {
  id: "HK019",
  name: "scalar-not-a-string",
  severity: "error",
  fixable: true,
  kinds: ["ExternalSecret", "PushSecret"],
  summary: "an unquoted value is a number or a boolean where a text belongs",
  effect:
    "The API server refuses the manifest. `n`, `y`, `no`, `yes`, `off` and `on` are booleans to Kubernetes' YAML parser.",
  bad: externalSecret({
    data: "data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/app/password\n    property: n",
  }),
  good: externalSecret({
    data: 'data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/app/password\n    property: "n"',
  }),
  source: "kubectl and the API server of Kubernetes 1.36 with the definitions of ESO 0.20.4 and 2.9.0.",
  check: (manifest, report) => {
    for (const { place, what, quotable } of scalarsOf(manifest)) {
      const range = manifest.rangeOf(place);
      // A bare number has no unit that quotes could bring.
      const edits = quotable ? [{ ...range, text: JSON.stringify(manifest.textOf(range)) }] : [];
      report(place, `${manifest.textOf(range).slice(0, 40)} is ${what} here: quote it`, { edits });
    }
  },
};
