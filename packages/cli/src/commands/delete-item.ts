import { CliError } from "../cli-error.ts";
import { defineCommand } from "../command.ts";
import type { Gateway } from "../gateway.ts";
import { nameOption, withoutEffect } from "../item-options.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const deleteItemVerb = defineCommand({
  name: "delete-item",
  section: "akeyless",
  summary: "delete an item, or one version of it, without asking",
  description:
    "A whole item is kept in the trash for some days, and `halfkey undelete` brings it back. `halfkey delete` asks first.",
  arguments: {},
  options: {
    name: nameOption,
    version: {
      kind: "integer",
      minimum: -1,
      placeholder: "N",
      summary: "this version only; 0 is the newest, -1 the whole item, as without this option",
    },
    "delete-in-days": { kind: "integer", placeholder: "N", hidden: true, summary: "for keys only" },
    "delete-immediately": { kind: "flag", hidden: true, summary: "for keys only" },
    ...withoutEffect,
  },
  formats: ["table", "json", "yaml"],
  examples: [
    { command: "halfkey delete-item -n /mdapi/demo/greeting/text", summary: "the item" },
    { command: "halfkey delete-item -n /mdapi/demo/greeting/text --version 1", summary: "one version" },
  ],
  async run(context, { options }) {
    const path = options.name;
    const gateway = await context.gateway();
    const version = options.version === 0 ? await newestVersion(gateway, path) : (options.version ?? -1);
    const answer = await gateway.call("delete-item", { name: path, version }, { path, changes: true });
    const which = version === -1 ? "" : ` version ${version}`;
    await show(context, { data: answer, text: `Item ${printable(path)}${which} was successfully deleted\n` });
  },
});

/** Asked for by number: over the API 0 means the whole item. */
async function newestVersion(gateway: Gateway, path: string): Promise<number> {
  const { last_version } = await gateway.call("describe-item", { name: path }, { path });
  if (typeof last_version === "number" && last_version >= 1) return last_version;
  throw new CliError("the gateway does not tell the newest version", { exitCode: 2, where: path });
}
