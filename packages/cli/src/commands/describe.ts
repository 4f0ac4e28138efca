import { defineCommand } from "../command.ts";
import { itemView } from "../item-view.ts";
import { printableJson } from "../printable.ts";
import { renderTable } from "../table.ts";
import { write } from "../terminal.ts";

export const describe = defineCommand({
  name: "describe",
  summary: "show what is known of an item, without its value",
  arguments: { path: { summary: "the item's path" } },
  options: {},
  formats: ["table", "json"],
  examples: [{ command: "halfkey describe /mdapi/demo/greeting/text", summary: "versions, times, tags" }],
  async run(context, { arguments: { path } }) {
    const gateway = await context.gateway();
    const item = await gateway.call("describe-item", { name: path, "show-versions": true }, { path });
    const view = { ...itemView(item), versions: versionsOf(item) };
    const { output } = context.terminal;
    if (context.format === "json") return write(output, `${printableJson(view)}\n`);
    await write(
      output,
      renderTable(
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
    );
  },
});

function versionsOf(item: Record<string, unknown>): { version: number; created: string | null }[] {
  const versions = Array.isArray(item.item_versions) ? item.item_versions : [];
  return versions.map(({ version, creation_date }) => ({
    version: Number(version),
    created: typeof creation_date === "string" ? creation_date : null,
  }));
}
