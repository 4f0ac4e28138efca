import { defineCommand } from "../command.ts";
import { listItems } from "../list-items.ts";
import { show } from "../show.ts";
import { write } from "../terminal.ts";
import { drawTree, growTree } from "../tree-view.ts";

export const tree = defineCommand({
  name: "tree",
  summary: "draw the folders and items below a folder, as far as you may see them",
  arguments: {
    folder: { summary: "where to look; everything if left out", optional: true, completes: "folder" },
  },
  options: {
    depth: {
      kind: "integer",
      minimum: 1,
      placeholder: "N",
      summary: "draw this many levels; deeper ones are counted",
    },
  },
  formats: ["table", "json", "yaml"],
  examples: [
    { command: "halfkey tree /mdapi", summary: "one folder" },
    { command: "halfkey tree --depth 2", summary: "the upper two levels of everything" },
  ],
  async run(context, { arguments: { folder = "/" }, options: { depth = Number.POSITIVE_INFINITY } }) {
    const items = await listItems(context, { folder });
    if (items.length === 0 && context.format === "table") {
      return write(context.terminal.error, "halfkey: nothing there that you may see\n");
    }
    const root = growTree(folder, items);
    await show(context, { data: root, text: drawTree(root, depth) });
  },
});
