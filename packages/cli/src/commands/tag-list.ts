import { defineCommand } from "../command.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const tagList = defineCommand({
  name: "tag list",
  summary: "print an item's tags, one a line",
  arguments: { path: { summary: "the item's path", completes: "path" } },
  options: {},
  formats: ["table", "json", "yaml"],
  examples: [
    {
      command: "halfkey tag list /mdapi/demo/greeting/text",
      summary: "`halfkey list --tag TAG` goes the other way",
    },
  ],
  async run(context, { arguments: { path } }) {
    const gateway = await context.gateway();
    const tags = (await gateway.callForList("get-tags", { name: path }, { path })).map(String);
    await show(context, { data: tags, text: tags.map((tag) => `${printable(tag)}\n`).join("") });
  },
});
