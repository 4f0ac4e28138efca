import { defineCommand } from "../command.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const tagRemove = defineCommand({
  name: "tag remove",
  summary: "take tags off an item",
  arguments: {
    path: { summary: "the item's path", completes: "path" },
    tags: { summary: "one or several tags", many: true },
  },
  options: {},
  formats: ["table", "json", "yaml"],
  examples: [{ command: "halfkey tag remove /mdapi/demo/greeting/text demo", summary: "one tag" }],
  async run(context, { arguments: { path, tags } }) {
    const gateway = await context.gateway();
    await gateway.call("update-item", { name: path, "rm-tag": tags }, { path, changes: true });
    await show(context, {
      data: { path, removed: tags },
      text: `untagged ${printable(path)}: ${tags.map(printable).join(", ")}\n`,
    });
  },
});
