import { defineCommand } from "../command.ts";
import { nameOption, withoutEffect } from "../item-options.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const rollbackSecret = defineCommand({
  name: "rollback-secret",
  section: "akeyless",
  summary: "make an older version's value the newest version",
  arguments: {},
  options: {
    name: nameOption,
    "old-version": {
      kind: "integer",
      minimum: 1,
      placeholder: "N",
      required: true,
      summary: "whose value to take",
    },
    ...withoutEffect,
  },
  formats: ["table", "json", "yaml"],
  examples: [
    {
      command: "halfkey rollback-secret -n /mdapi/demo/greeting/text --old-version 1",
      summary: "back to the first value",
    },
  ],
  async run(context, { options }) {
    const path = options.name;
    const old = options["old-version"];
    const gateway = await context.gateway();
    const fields = { name: path, "old-version": old };
    const answer = await gateway.call("rollback-secret", fields, { path, changes: true });
    await show(context, {
      data: answer,
      text: `Secret ${printable(path)} was successfully rolled back to version ${old}\n`,
    });
  },
});
