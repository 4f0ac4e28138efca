import type { Rule } from "../lint/rule.ts";
import { asText } from "../plain.ts";
import { externalSecret } from "./examples.ts";
import { remoteRefs } from "./remote-refs.ts";

export const propertyOperator: Rule = {
  id: "HK018",
  name: "property-operator",
  severity: "warning",
  kinds: ["ExternalSecret"],
  summary: "the property has a character that is an operator",
  effect:
    "ESO looks the property up with gjson, to which `*`, `?`, `#`, `@` and `|` are operators: `*` takes the first member, whichever that is.",
  bad: externalSecret({
    data: 'data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/app/password\n    property: "user*"',
  }),
  good: externalSecret({
    data: "data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/app/password\n    property: username",
  }),
  source: "ESO 2.9.0's provider against a recording server.",
  check: (manifest, report, { isAkeyless }) => {
    for (const { plain, place, store } of remoteRefs(manifest)) {
      const found = /[*?#@|]/.exec(asText(plain.property) ?? "")?.[0];
      if (!found || !isAkeyless(store)) continue;
      report([...place, "property"], `\`${found}\` is an operator of gjson here, not a letter of the name`);
    }
  },
};
