import { CliError } from "../cli-error.ts";
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

export const createSecret = defineCommand({
  name: "create-secret",
  section: "akeyless",
  summary: "create a static secret; an existing one is an error",
  description:
    "The value comes from stdin, a file, or -v. Of a secret of type password it may come as --username and --password, and is kept as one JSON object of the two.",
  arguments: {},
  options: {
    name: nameOption,
    value: valueOption,
    "value-file": valueFileOption,
    type: {
      kind: "text",
      placeholder: "TYPE",
      values: ["generic", "password"],
      summary: "generic, or password for a user name with a password",
    },
    username: usernameOption,
    password: passwordOption,
    format: {
      kind: "text",
      short: "f",
      placeholder: "FORMAT",
      values: ["text", "json", "key-value"],
      summary: "what the value must be, now and in later versions",
    },
    tag: { kind: "list", short: "t", placeholder: "TAG", summary: "a tag; may be repeated" },
    description: { kind: "text", placeholder: "TEXT", summary: "what it is for" },
    key: {
      kind: "text",
      short: "k",
      placeholder: "NAME",
      summary: "the protection key; there is one, /halfkey/default",
    },
    multiline: { kind: "flag", summary: "sent along; the value is kept as it is either way" },
    "max-versions": {
      kind: "integer",
      minimum: 1,
      placeholder: "N",
      summary: "keep this many versions, 1 to 100",
    },
    "delete-protection": {
      kind: "text",
      placeholder: "BOOLEAN",
      values: booleanValues,
      summary: "refuse to delete it until this is false",
    },
    "change-event": { kind: "text", placeholder: "BOOLEAN", hidden: true, summary: "without effect" },
    ...withoutEffect,
  },
  formats: ["table", "json", "yaml"],
  examples: [
    {
      command: "printf %s hello | halfkey create-secret -n /mdapi/demo/greeting/text",
      summary: "from a pipe",
    },
    {
      command:
        "halfkey create-secret -n /mdapi/demo/tls/key --value-file key.pem -t demo --delete-protection true",
      summary: "from a file, with a tag",
    },
  ],
  async run(context, { options }) {
    const path = options.name;
    if (options.type !== "password" && (options.username ?? options.password) !== undefined) {
      throw new CliError("--username and --password are for --type password");
    }
    const fields = {
      name: path,
      ...(await passwordFields(context, options)),
      ...(options.type ? { type: options.type } : {}),
      ...(options.format ? { format: options.format } : {}),
      ...(options.tag.length > 0 ? { tags: options.tag } : {}),
      ...(options.description === undefined ? {} : { description: options.description }),
      ...(options.key === undefined ? {} : { protection_key: options.key }),
      ...(options.multiline ? { multiline_value: true } : {}),
      ...(options["max-versions"] === undefined ? {} : { "max-versions": options["max-versions"] }),
      ...(options["delete-protection"] ? { delete_protection: options["delete-protection"] } : {}),
    };
    const gateway = await context.gateway();
    const answer = await gateway.call("create-secret", fields, { path, changes: true });
    await show(context, {
      data: answer,
      text: `A new secret named ${printable(path)} was successfully created\n`,
    });
  },
});
