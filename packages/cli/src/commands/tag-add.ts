import { defineCommand } from "../command.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const tagAdd = defineCommand({
  name: "tag add",
  summary: "attach tags to an item",
  arguments: {
    path: { summary: "the item's path", completes: "path" },
    tags: { summary: "one or several tags", many: true },
  },
  options: {},
  formats: ["table", "json", "yaml"],
  examples: [{ command: "halfkey tag add /mdapi/demo/greeting/text demo 'team a'", summary: "two tags" }],
  async run(context, { arguments: { path, tags } }) {
    const gateway = await context.gateway();
    await gateway.call("update-item", { name: path, "add-tag": tags }, { path, changes: true });
    await show(context, {
      data: { path, added: tags },
      text: `tagged ${printable(path)}: ${tags.map(printable).join(", ")}\n`,
    });
  },
});
