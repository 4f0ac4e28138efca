import { defineCommand } from "../command.ts";
import { show } from "../show.ts";
import { renderTable } from "../table.ts";
import { versionsOf } from "../version-view.ts";

export const history = defineCommand({
  name: "history",
  summary: "list an item's versions, the newest first, without their values",
  arguments: { path: { summary: "the item's path", completes: "path" } },
  options: {},
  formats: ["table", "json", "yaml", "raw"],
  examples: [
    { command: "halfkey history /mdapi/demo/greeting/text", summary: "who wrote what version, and when" },
    { command: "halfkey history /mdapi/demo/greeting/text -o raw", summary: "bare numbers, one a line" },
  ],
  async run(context, { arguments: { path } }) {
    const gateway = await context.gateway();
    const item = await gateway.call("describe-item", { name: path, "show-versions": true }, { path });
    const versions = versionsOf(item);
    await show(context, {
      data: versions,
      text: renderTable(
        versions.map(({ version, created, by }) => [String(version), created ?? "", by ?? ""]),
        ["VERSION", "CREATED", "BY"],
      ),
      raw: versions.map(({ version }) => `${version}\n`).join(""),
    });
  },
});
