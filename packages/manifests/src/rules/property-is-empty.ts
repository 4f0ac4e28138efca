import type { Rule } from "../lint/rule.ts";
import { asText } from "../plain.ts";
import { externalSecret } from "./examples.ts";
import { jsonAt } from "./json-at.ts";
import { remoteRefs } from "./remote-refs.ts";

export const propertyIsEmpty: Rule = {
  id: "HK017",
  name: "property-is-empty",
  severity: "warning",
  silent: true,
  online: true,
  kinds: ["ExternalSecret"],
  summary: "the property is null or empty in the item",
  effect: "The Secret gets an **empty value**, and the ExternalSecret says SecretSynced.",
  bad: externalSecret({
    data: "data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/app/password\n    property: absent",
  }),
  good: externalSecret({
    data: "data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/app/password\n    property: present",
  }),
  exampleItems: { "/mdapi/joplin/app/password": '{"absent": null, "present": "x"}' },
  source: "ESO 2.9.0 on Kubernetes 1.36.",
  check: (manifest, report, { isAkeyless, items }) => {
    if (!items) return;
    for (const { plain, place, store, by } of remoteRefs(manifest)) {
      const property = asText(plain.property);
      if (by !== "data" || !property || !isAkeyless(store)) continue;
      const value = jsonAt(items, asText(plain.key), property);
      if (value === null || value === "")
        report(
          [...place, "property"],
          `${JSON.stringify(property)} is ${value === null ? "null" : "empty"} in the item`,
        );
    }
  },
};
