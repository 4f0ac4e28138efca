import { defineCommand } from "../command.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const move = defineCommand({
  name: "move",
  summary: "give an item another path, or move everything below a folder",
  description:
    "Versions, tags and the item's number stay. The target is the new path itself, not a folder to put the item into. Nothing is overwritten: a path that is taken stops the move.",
  arguments: {
    source: { summary: "an item or a folder", completes: "path" },
    target: { summary: "its new path", completes: "path" },
  },
  options: {},
  formats: ["table", "json", "yaml"],
  examples: [
    { command: "halfkey move /mdapi/demo/greeting/text /mdapi/demo/greeting/hello", summary: "one item" },
    { command: "halfkey move /mdapi/demo /mdapi/archive/demo", summary: "a folder" },
  ],
  async run(context, { arguments: { source, target } }) {
    const gateway = await context.gateway();
    await gateway.call("move-objects", { source, target }, { path: source, changes: true });
    await show(context, {
      data: { source, target, moved: true },
      text: `moved ${printable(source)} to ${printable(target)}\n`,
    });
  },
});
