import { defineCommand } from "../command.ts";
import {
  booleanValues,
  nameOption,
  passwordOption,
  usernameOption,
  valueFileOption,
  valueOption,
  withoutEffect,
} from "../item-options.ts";
import { passwordFields } from "../password-fields.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const updateSecretVal = defineCommand({
  name: "update-secret-val",
  section: "akeyless",
  summary: "store a new version of an existing secret",
  arguments: {},
  options: {
    name: nameOption,
    value: valueOption,
    "value-file": valueFileOption,
    username: usernameOption,
    password: passwordOption,
    "keep-prev-version": {
      kind: "text",
      placeholder: "BOOLEAN",
      values: booleanValues,
      summary: "false drops the version before; without this option it is kept",
    },
    "last-version": {
      kind: "integer",
      minimum: 0,
      placeholder: "N",
      summary: "store only if N is the current version",
    },
    format: {
      kind: "text",
      short: "f",
      placeholder: "FORMAT",
      values: ["text", "json", "key-value"],
      summary: "sent along; the item's own format counts",
    },
    key: { kind: "text", short: "k", placeholder: "NAME", summary: "the protection key; there is one" },
    multiline: { kind: "flag", summary: "sent along; the value is kept as it is either way" },
    "new-version": { kind: "flag", hidden: true, summary: "without effect: every update is a new version" },
    ...withoutEffect,
  },
  formats: ["table", "json", "yaml"],
  examples: [
    {
      command: "printf %s hello | halfkey update-secret-val -n /mdapi/demo/greeting/text",
      summary: "from a pipe",
    },
    {
      command: "halfkey update-secret-val -n /mdapi/demo/tls/key --value-file key.pem --last-version 3",
      summary: "if nobody was faster",
    },
  ],
  async run(context, { options }) {
    const path = options.name;
    const fields = {
      name: path,
      ...(await passwordFields(context, options)),
      ...(options.format ? { format: options.format } : {}),
      ...(options.key === undefined ? {} : { key: options.key }),
      ...(options.multiline ? { multiline: true } : {}),
      ...(options["keep-prev-version"] ? { "keep-prev-version": options["keep-prev-version"] } : {}),
      ...(options["last-version"] === undefined ? {} : { "last-version": options["last-version"] }),
    };
    const gateway = await context.gateway();
    const answer = await gateway.call("update-secret-val", fields, { path, changes: true });
    await show(context, {
      data: answer,
      text: `The value of secret ${printable(path)} was successfully updated\n`,
    });
  },
});
