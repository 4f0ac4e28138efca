import { defineCommand } from "../command.ts";
import { listItems } from "../list-items.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";
import { renderTable } from "../table.ts";
import { write } from "../terminal.ts";

export const list = defineCommand({
  name: "list",
  summary: "list the items below a folder, as far as you may see them",
  arguments: {
    folder: { summary: "where to look; everything if left out", optional: true, completes: "folder" },
  },
  options: {
    filter: { kind: "text", placeholder: "TEXT", summary: "only paths that contain this text" },
    tag: { kind: "text", placeholder: "TAG", summary: "only items with this tag" },
  },
  formats: ["table", "json", "yaml", "raw"],
  examples: [
    { command: "halfkey list /mdapi/joplin", summary: "one folder and everything below" },
    { command: "halfkey list --filter registry -o raw", summary: "bare paths, one a line" },
  ],
  async run(context, { arguments: { folder }, options }) {
    const items = await listItems(context, { folder: folder ?? "/", ...options });
    const isForPeople = context.format === "table" || context.format === "raw";
    if (items.length === 0 && isForPeople) {
      return write(context.terminal.error, "halfkey: nothing there that you may see\n");
    }
    await show(context, {
      data: items,
      text: renderTable(
        items.map(({ path, type, version, modified }) => [path, type, String(version), modified ?? ""]),
        ["PATH", "TYPE", "VERSION", "MODIFIED"],
      ),
      raw: items.map((item) => `${printable(item.path)}\n`).join(""),
    });
  },
});
