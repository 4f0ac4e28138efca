import { CliError } from "../cli-error.ts";
import { defineCommand } from "../command.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";
import { confirm, write } from "../terminal.ts";

export const deleteItem = defineCommand({
  name: "delete",
  summary: "delete an item with all its versions, for every reader at once",
  description: "The item is kept in the trash for some days, and `halfkey undelete` brings it back.",
  arguments: { path: { summary: "the item's path", completes: "path" } },
  options: {
    version: {
      kind: "integer",
      minimum: 1,
      placeholder: "N",
      summary: "delete only this version; it does not go to the trash",
    },
    yes: { kind: "flag", short: "y", summary: "do not ask; needed where nobody can be asked" },
  },
  formats: ["table", "json", "yaml"],
  examples: [
    { command: "halfkey delete /mdapi/demo/greeting/text", summary: "asks first" },
    { command: "halfkey delete /mdapi/demo/greeting/text --yes", summary: "in a script" },
    {
      command: "halfkey delete /mdapi/demo/greeting/text --version 1 --yes",
      summary: "one version, for good",
    },
  ],
  async run(context, { arguments: { path }, options }) {
    const { terminal, globals } = context;
    const { version } = options;
    const what = version === undefined ? printable(path) : `version ${version} of ${printable(path)}`;
    if (!options.yes && !globals["output-curl"]) {
      if (!terminal.input.isTTY) {
        throw new CliError("nobody is there to confirm the deletion", {
          where: path,
          next: "repeat it with --yes",
        });
      }
      if (!(await confirm(terminal, `Delete ${what} for everybody?`))) {
        throw new CliError("nothing was deleted");
      }
    }
    const gateway = await context.gateway();
    const fields = { name: path, ...(version === undefined ? {} : { version }) };
    await gateway.call("delete-item", fields, { path, changes: true });
    await show(context, {
      data: { path, deleted: true, ...(version === undefined ? {} : { version }) },
      text: `deleted ${what}\n`,
    });
    if (version === undefined && terminal.output.isTTY) {
      await write(terminal.error, `halfkey: note: halfkey undelete ${what} brings it back for some days\n`);
    }
  },
});
