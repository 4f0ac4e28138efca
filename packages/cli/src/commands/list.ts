import { type Context, defineCommand } from "../command.ts";
import { type ItemView, itemView } from "../item-view.ts";
import { printable, printableJson } from "../printable.ts";
import { renderTable } from "../table.ts";
import { write } from "../terminal.ts";

export const list = defineCommand({
  name: "list",
  summary: "list the items below a folder, as far as you may see them",
  arguments: { folder: { summary: "where to look; everything if left out", optional: true } },
  options: {
    filter: { kind: "text", placeholder: "TEXT", summary: "only paths that contain this text" },
  },
  formats: ["table", "json", "raw"],
  examples: [
    { command: "halfkey list /mdapi/joplin", summary: "one folder and everything below" },
    { command: "halfkey list --filter registry -o raw", summary: "bare paths, one a line" },
  ],
  async run(context, { arguments: { folder }, options }) {
    const items = await listItems(context, folder ?? "/", options.filter);
    const { output, error } = context.terminal;
    if (context.format === "json") return write(output, `${printableJson(items)}\n`);
    if (items.length === 0) return write(error, "halfkey: nothing there that you may see\n");
    if (context.format === "raw") {
      return write(output, items.map((item) => `${printable(item.path)}\n`).join(""));
    }
    const rows = items.map(({ path, type, version, modified }) => [
      path,
      type,
      String(version),
      modified ?? "",
    ]);
    await write(output, renderTable(rows, ["PATH", "TYPE", "VERSION", "MODIFIED"]));
  },
});

async function listItems(context: Context, folder: string, filter: string | undefined): Promise<ItemView[]> {
  const gateway = await context.gateway();
  const items: ItemView[] = [];
  let page = "";
  do {
    const fields = { path: folder, ...(filter ? { filter } : {}), "pagination-token": page };
    const answer = await gateway.call("list-items", fields, { path: folder });
    for (const item of Array.isArray(answer.items) ? answer.items : []) items.push(itemView(item));
    page = typeof answer.next_page === "string" ? answer.next_page : "";
  } while (page !== "");
  return items;
}
