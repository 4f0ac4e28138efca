import type { UndeleteReply } from "@halfkey/wire";
import { defineCommand } from "../command.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const undelete = defineCommand({
  name: "undelete",
  summary: "bring back what was last deleted at a path, with all its versions",
  arguments: { path: { summary: "where it was; `halfkey trash` shows what there is" } },
  options: {},
  formats: ["table", "json", "yaml", "raw"],
  examples: [{ command: "halfkey undelete /mdapi/demo/greeting/text", summary: "after a mistake" }],
  async run(context, { arguments: { path } }) {
    const gateway = await context.gateway();
    const { version } = await gateway.callOwn<UndeleteReply>(
      "undelete",
      { name: path },
      { path, changes: true },
    );
    await show(context, {
      data: { path, version },
      text: `restored ${printable(path)}, version ${version}\n`,
      raw: `${version}\n`,
    });
  },
});
