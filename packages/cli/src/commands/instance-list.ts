import type { InstanceListReply } from "@halfkey/wire";
import { defineCommand } from "../command.ts";
import { show } from "../show.ts";
import { renderTable } from "../table.ts";

export const instanceList = defineCommand({
  name: "instance list",
  summary: "list the gateways that may write to this account's journal",
  description: "Needs the admin role.",
  arguments: {},
  options: {},
  formats: ["table", "json", "yaml"],
  examples: [{ command: "halfkey instance list", summary: "whose entries count" }],
  async run(context) {
    const gateway = await context.gateway();
    const { instances } = await gateway.callOwn<InstanceListReply>("instance-list", {});
    const epochs = (current: boolean | null) =>
      current === null ? "never ran" : current ? "current" : "old epochs";
    await show(context, {
      data: instances,
      text: renderTable(
        instances.map(({ instance, own, current }) => [instance, own ? "this one" : "", epochs(current)]),
        ["INSTANCE", "", "RECORD"],
      ),
    });
  },
});
