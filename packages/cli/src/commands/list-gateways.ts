import { defineCommand } from "../command.ts";
import { printableJson } from "../printable.ts";
import { show } from "../show.ts";

export const listGateways = defineCommand({
  name: "list-gateways",
  section: "akeyless",
  summary: "print what is known of the gateway as JSON",
  arguments: {},
  options: {},
  formats: ["json", "yaml"],
  examples: [
    { command: "halfkey list-gateways", summary: "its state, and which customer fragment it holds" },
  ],
  async run(context) {
    const gateway = await context.gateway();
    const answer = await gateway.call("list-gateways", {});
    await show(context, { data: answer, text: `${printableJson(answer)}\n` });
  },
});
