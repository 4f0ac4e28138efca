import type { TrashReply } from "@halfkey/wire";
import { defineCommand } from "../command.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";
import { renderTable } from "../table.ts";
import { write } from "../terminal.ts";

export const trash = defineCommand({
  name: "trash",
  summary: "list deleted items that can be brought back, the newest first",
  arguments: {
    folder: { summary: "where they were; everything if left out", optional: true, completes: "folder" },
  },
  options: {},
  formats: ["table", "json", "yaml", "raw"],
  examples: [
    { command: "halfkey trash /mdapi", summary: "what was deleted there, by whom, and until when it stays" },
  ],
  async run(context, { arguments: { folder = "/" } }) {
    const gateway = await context.gateway();
    const { items } = await gateway.callOwn<TrashReply>("trash", { path: folder }, { path: folder });
    if (items.length === 0 && (context.format === "table" || context.format === "raw")) {
      return write(context.terminal.error, "halfkey: nothing in the trash that you may see\n");
    }
    await show(context, {
      data: items.map(({ name, version, deleted, purge, by }) => ({
        path: name,
        version,
        deleted,
        by,
        purge,
      })),
      text: renderTable(
        items.map(({ name, version, deleted, by, purge }) => [name, String(version), deleted, by, purge]),
        ["PATH", "VERSION", "DELETED", "BY", "KEPT UNTIL"],
      ),
      raw: items.map(({ name }) => `${printable(name)}\n`).join(""),
    });
  },
});
