import { defineCommand } from "../command.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const moveObjects = defineCommand({
  name: "move-objects",
  section: "akeyless",
  summary: "move everything below a folder, or one item",
  arguments: {},
  options: {
    source: {
      kind: "text",
      short: "s",
      placeholder: "PATH",
      required: true,
      completes: "path",
      summary: "a folder or an item",
    },
    target: {
      kind: "text",
      short: "t",
      placeholder: "PATH",
      required: true,
      completes: "path",
      summary: "its new path",
    },
    "objects-type": {
      kind: "text",
      short: "o",
      placeholder: "TYPE",
      values: ["item", "auth_method", "role"],
      summary: "what to move; only items can be, so far",
    },
  },
  formats: ["table", "json", "yaml"],
  examples: [{ command: "halfkey move-objects -s /mdapi/demo -t /mdapi/archive/demo", summary: "a folder" }],
  async run(context, { options }) {
    const { source, target } = options;
    const type = options["objects-type"];
    const fields = { source, target, ...(type === undefined ? {} : { "objects-type": type }) };
    const gateway = await context.gateway();
    const answer = await gateway.call("move-objects", fields, { path: source, changes: true });
    await show(context, {
      data: answer,
      text: `Object(s) moved successfully from ${printable(source)} to ${printable(target)}\n`,
    });
  },
});
