import type { Rule } from "../lint/rule.ts";
import { callsOf } from "../template/walk.ts";
import { externalSecret, withTemplate } from "./examples.ts";
import { templatesOf } from "./templates-of.ts";

export const templateB64dec: Rule = {
  id: "HK013",
  name: "template-b64dec",
  severity: "warning",
  silent: true,
  kinds: ["ExternalSecret", "PushSecret"],
  summary: "`b64dec` puts its error into the value",
  effect:
    "Where the value is no Base64 the Secret gets the **text `illegal base64 data at input byte 3`**, and the ExternalSecret says SecretSynced. `decodingStrategy: Base64` on the entry fails instead.",
  bad: withTemplate('A: "{{ .PW | b64dec }}"'),
  good: externalSecret({
    data: "data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/app/password\n    decodingStrategy: Base64",
  }),
  source: "The template engine of ESO 0.20.4 and 2.9.0.",
  check: (manifest, report) => {
    for (const template of templatesOf(manifest).all) {
      for (const { pipe, node } of template.sites) {
        if (![...callsOf(pipe)].some(({ name }) => name === "b64dec")) continue;
        const within = { text: template.text, at: node.at, end: node.end };
        report(
          template.place,
          "a value that is no Base64 becomes an error text here: use `decodingStrategy: Base64`",
          { within },
        );
      }
    }
  },
};
