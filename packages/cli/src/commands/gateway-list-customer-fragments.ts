import { defineCommand } from "../command.ts";
import { gatewayUrlOption } from "../item-options.ts";
import { printableJson } from "../printable.ts";
import { show } from "../show.ts";

export const gatewayListCustomerFragments = defineCommand({
  name: "gateway-list-customer-fragments",
  section: "akeyless",
  summary: "print which customer fragments the gateway holds, never their value",
  arguments: {},
  options: { "gateway-url": { ...gatewayUrlOption, short: "u" } },
  formats: ["json", "yaml"],
  examples: [{ command: "halfkey gateway-list-customer-fragments", summary: "ids, names and hashes" }],
  async run(context, { options }) {
    const gateway = await context.gateway({ url: options["gateway-url"] });
    const answer = await gateway.call("gateway-list-customer-fragments", {});
    await show(context, { data: answer, text: `${printableJson(answer)}\n` });
  },
});
