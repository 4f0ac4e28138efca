import { CliError } from "../cli-error.ts";
import { defineCommand } from "../command.ts";
import { withoutEffect } from "../item-options.ts";
import { printableJson } from "../printable.ts";
import { show } from "../show.ts";

export const describeItem = defineCommand({
  name: "describe-item",
  section: "akeyless",
  summary: "print what is known of an item as JSON, without its value",
  arguments: {},
  options: {
    name: { kind: "text", short: "n", placeholder: "NAME", completes: "path", summary: "the item's path" },
    "display-id": {
      kind: "text",
      short: "d",
      placeholder: "ID",
      summary: "its display id, instead of the path",
    },
    "item-id": { kind: "integer", short: "I", placeholder: "ID", summary: "its number, instead of the path" },
    "show-versions": { kind: "flag", summary: "with all versions" },
    "gateway-details": { kind: "flag", hidden: true, summary: "without effect" },
    "bastion-details": { kind: "flag", hidden: true, summary: "without effect" },
    "services-details": { kind: "flag", hidden: true, summary: "without effect" },
    ...withoutEffect,
  },
  formats: ["json", "yaml"],
  examples: [
    { command: "halfkey describe-item -n /mdapi/demo/greeting/text --show-versions", summary: "by path" },
    { command: "halfkey describe-item -I 238833834", summary: "by number" },
  ],
  async run(context, { options }) {
    const { name } = options;
    const given = [name, options["display-id"], options["item-id"]].filter((one) => one !== undefined);
    if (given.length !== 1) throw new CliError("name the item with one of -n, -d and -I");
    const fields = {
      ...(name === undefined ? {} : { name }),
      ...(options["display-id"] === undefined ? {} : { "display-id": options["display-id"] }),
      ...(options["item-id"] === undefined ? {} : { "item-id": options["item-id"] }),
      "show-versions": options["show-versions"],
    };
    const gateway = await context.gateway();
    const answer = await gateway.call("describe-item", fields, name === undefined ? {} : { path: name });
    await show(context, { data: answer, text: `${printableJson(answer)}\n` });
  },
});
