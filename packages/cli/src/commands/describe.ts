import { defineCommand } from "../command.ts";
import { itemView } from "../item-view.ts";
import { show } from "../show.ts";
import { renderTable } from "../table.ts";
import { versionsOf } from "../version-view.ts";

export const describe = defineCommand({
  name: "describe",
  summary: "show what is known of an item, without its value",
  arguments: { path: { summary: "the item's path", completes: "path" } },
  options: {},
  formats: ["table", "json", "yaml"],
  examples: [{ command: "halfkey describe /mdapi/demo/greeting/text", summary: "versions, times, tags" }],
  async run(context, { arguments: { path } }) {
    const gateway = await context.gateway();
    const item = await gateway.call("describe-item", { name: path, "show-versions": true }, { path });
    const view = { ...itemView(item), versions: versionsOf(item) };
    await show(context, {
      data: view,
      text: renderTable(
        [
          ["path", view.path],
          ["type", view.type],
          ["version", String(view.version)],
          ["created", view.created ?? ""],
          ["modified", view.modified ?? ""],
          ["tags", view.tags.join(", ")],
          ["description", view.description],
          ["state", view.enabled ? "enabled" : "disabled"],
          ["delete protection", view.deleteProtection ? "on" : "off"],
          ...view.versions.map(({ version, created }) => [`version ${version}`, created ?? ""]),
        ],
        undefined,
      ),
    });
  },
});
