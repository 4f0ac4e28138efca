import { defineCommand } from "../command.ts";
import { nameOption } from "../item-options.ts";
import { printableJson } from "../printable.ts";
import { show } from "../show.ts";

export const getTags = defineCommand({
  name: "get-tags",
  section: "akeyless",
  summary: "print an item's tags as a JSON list",
  arguments: {},
  options: { name: nameOption },
  formats: ["json", "yaml"],
  examples: [{ command: "halfkey get-tags -n /mdapi/demo/greeting/text", summary: "its tags" }],
  async run(context, { options: { name } }) {
    const gateway = await context.gateway();
    const tags = await gateway.callForList("get-tags", { name }, { path: name });
    await show(context, { data: tags, text: `${printableJson(tags)}\n` });
  },
});
