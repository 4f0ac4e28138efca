import { CliError } from "../cli-error.ts";
import { defineCommand } from "../command.ts";
import { printable, printableJson } from "../printable.ts";
import { confirm, write } from "../terminal.ts";

export const deleteItem = defineCommand({
  name: "delete",
  summary: "delete an item with all its versions, for every reader at once",
  arguments: { path: { summary: "the item's path" } },
  options: { yes: { kind: "flag", short: "y", summary: "do not ask; needed where nobody can be asked" } },
  formats: ["table", "json"],
  examples: [
    { command: "halfkey delete /mdapi/demo/greeting/text", summary: "asks first" },
    { command: "halfkey delete /mdapi/demo/greeting/text --yes", summary: "in a script" },
  ],
  async run(context, { arguments: { path }, options }) {
    const { terminal } = context;
    if (!options.yes) {
      if (!terminal.input.isTTY) {
        throw new CliError("nobody is there to confirm the deletion", {
          where: path,
          next: "repeat it with --yes",
        });
      }
      if (!(await confirm(terminal, `Delete ${printable(path)} for everybody?`))) {
        throw new CliError("nothing was deleted");
      }
    }
    const gateway = await context.gateway();
    await gateway.call("delete-item", { name: path }, { path, changes: true });
    const said =
      context.format === "json" ? printableJson({ path, deleted: true }) : `deleted ${printable(path)}`;
    await write(terminal.output, `${said}\n`);
  },
});
