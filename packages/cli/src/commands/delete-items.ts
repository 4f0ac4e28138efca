import { CliError } from "../cli-error.ts";
import { defineCommand } from "../command.ts";
import { withoutEffect } from "../item-options.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const deleteItems = defineCommand({
  name: "delete-items",
  section: "akeyless",
  summary: "delete everything below a folder, without asking",
  description:
    "Only items that you may list are touched. Each is kept in the trash for some days, and `halfkey undelete` brings it back.",
  arguments: {},
  options: {
    path: {
      kind: "text",
      short: "p",
      placeholder: "FOLDER",
      completes: "folder",
      summary: "the folder, with everything below",
    },
    item: {
      kind: "list",
      short: "i",
      placeholder: "NAME",
      completes: "path",
      summary: "single items, instead of or beside a folder; may be repeated",
    },
    ...withoutEffect,
  },
  formats: ["table", "json", "yaml"],
  examples: [{ command: "halfkey delete-items -p /mdapi/demo", summary: "a folder" }],
  async run(context, { options }) {
    const { path, item } = options;
    if (path === undefined && item.length === 0)
      throw new CliError("name a folder with -p, or items with -i");
    const gateway = await context.gateway();
    const fields = { ...(path === undefined ? {} : { path }), ...(item.length > 0 ? { item } : {}) };
    const about = path === undefined ? {} : { path };
    const answer = await gateway.call("delete-items", fields, { ...about, changes: true });
    const failed = Object.entries((answer.failed_deleted_items ?? {}) as Record<string, unknown>);
    const place = path ?? item.join(", ");
    if (failed.length === 0 || context.format !== "table") {
      await show(context, { data: answer, text: `Item(s) deleted successfully from ${printable(place)}\n` });
    }
    const [first] = failed;
    if (!first) return;
    const deleted = Array.isArray(answer.deleted_items) ? answer.deleted_items.length : 0;
    throw new CliError(`${failed.length} of ${failed.length + deleted} items were not deleted`, {
      exitCode: 2,
      where: `${first[0]}: ${first[1]}`,
      next: "--json lists every item with its reason",
    });
  },
});
