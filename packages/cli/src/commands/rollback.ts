import { defineCommand } from "../command.ts";
import { versionNumber } from "../item-options.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const rollback = defineCommand({
  name: "rollback",
  summary: "make an older version's value the newest version",
  description: "Nothing is lost: the old value is stored once more, as a new version.",
  arguments: {
    path: { summary: "the item's path", completes: "path" },
    version: { summary: "whose value to take; `halfkey history` shows them" },
  },
  options: {},
  formats: ["table", "json", "yaml", "raw"],
  examples: [{ command: "halfkey rollback /mdapi/demo/greeting/text 1", summary: "back to the first value" }],
  async run(context, { arguments: { path, version } }) {
    const old = versionNumber(version);
    const gateway = await context.gateway();
    const fields = { name: path, "old-version": old };
    const answer = await gateway.call("rollback-secret", fields, { path, changes: true });
    await show(context, {
      data: { path, version: Number(answer.version), from: old },
      text: `rolled back ${printable(path)} to version ${old}, as version ${Number(answer.version)}\n`,
      raw: `${Number(answer.version)}\n`,
    });
  },
});
