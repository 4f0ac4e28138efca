import { defineCommand } from "../command.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const disable = defineCommand({
  name: "disable",
  summary: "stop an item from being read and updated, for everybody",
  description: "Its value and its versions stay. `halfkey enable` undoes it.",
  arguments: { path: { summary: "the item's path", completes: "path" } },
  options: {},
  formats: ["table", "json", "yaml"],
  examples: [
    { command: "halfkey disable /mdapi/demo/greeting/text", summary: "while a leak is looked into" },
  ],
  async run(context, { arguments: { path } }) {
    const gateway = await context.gateway();
    const fields = { name: path, "desired-state": "Disabled" };
    await gateway.call("set-item-state", fields, { path, changes: true });
    await show(context, { data: { path, enabled: false }, text: `disabled ${printable(path)}\n` });
  },
});
