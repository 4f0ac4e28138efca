import { defineCommand } from "../command.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const enable = defineCommand({
  name: "enable",
  summary: "let a disabled item be read and updated again",
  arguments: { path: { summary: "the item's path", completes: "path" } },
  options: {},
  formats: ["table", "json", "yaml"],
  examples: [{ command: "halfkey enable /mdapi/demo/greeting/text", summary: "undoes `halfkey disable`" }],
  async run(context, { arguments: { path } }) {
    const gateway = await context.gateway();
    const fields = { name: path, "desired-state": "Enabled" };
    await gateway.call("set-item-state", fields, { path, changes: true });
    await show(context, { data: { path, enabled: true }, text: `enabled ${printable(path)}\n` });
  },
});
