import { defineCommand } from "../command.ts";
import { booleanValues, nameOption, withoutEffect } from "../item-options.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const updateItem = defineCommand({
  name: "update-item",
  section: "akeyless",
  summary: "rename an item, or change its tags, description or limits",
  arguments: {},
  options: {
    name: nameOption,
    "new-name": { kind: "text", placeholder: "NAME", completes: "path", summary: "its new path" },
    description: { kind: "text", placeholder: "TEXT", summary: "a new description" },
    "add-tag": { kind: "list", placeholder: "TAG", summary: "a tag to attach; may be repeated" },
    "rm-tag": { kind: "list", placeholder: "TAG", summary: "a tag to take off; may be repeated" },
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
      summary: "true refuses to delete it",
    },
    "change-event": { kind: "text", placeholder: "BOOLEAN", hidden: true, summary: "without effect" },
    ...withoutEffect,
  },
  formats: ["table", "json", "yaml"],
  examples: [
    {
      command: "halfkey update-item -n /mdapi/demo/greeting/text --new-name /mdapi/demo/greeting/hello",
      summary: "another path",
    },
    {
      command: "halfkey update-item -n /mdapi/demo/greeting/text --add-tag demo --delete-protection true",
      summary: "a tag, and no accidents",
    },
  ],
  async run(context, { options }) {
    const path = options.name;
    const fields = {
      name: path,
      ...(options["new-name"] === undefined ? {} : { "new-name": options["new-name"] }),
      ...(options.description === undefined ? {} : { description: options.description }),
      ...(options["add-tag"].length > 0 ? { "add-tag": options["add-tag"] } : {}),
      ...(options["rm-tag"].length > 0 ? { "rm-tag": options["rm-tag"] } : {}),
      ...(options["max-versions"] === undefined ? {} : { "max-versions": options["max-versions"] }),
      ...(options["delete-protection"] ? { delete_protection: options["delete-protection"] } : {}),
    };
    const gateway = await context.gateway();
    const answer = await gateway.call("update-item", fields, { path, changes: true });
    await show(context, { data: answer, text: `Item ${printable(path)} was successfully updated\n` });
  },
});
