import { defineCommand } from "../command.ts";
import { credentialOptions, readCredentials } from "../credential-options.ts";
import { gatewayUrlOption } from "../item-options.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const auth = defineCommand({
  name: "auth",
  section: "akeyless",
  summary: "trade credentials for a token and print it",
  description:
    "Without options, the configured credentials are used. The token is a secret for as long as it is valid: keep it in a variable.",
  arguments: {},
  options: { ...credentialOptions, "gateway-url": gatewayUrlOption },
  formats: ["table", "json", "yaml", "raw"],
  examples: [
    { command: 'export HALFKEY_TOKEN="$(halfkey auth -o raw)"', summary: "for the commands that follow" },
    { command: "halfkey auth --access-id p-abc123 --access-key-file key", summary: "as somebody else" },
  ],
  async run(context, { options }) {
    const named = options["access-id"] !== undefined || options["access-key-file"] !== undefined;
    const credentials =
      named || options["access-key"] !== undefined ? await readCredentials(context, options) : undefined;
    const gateway = await context.gateway({ url: options["gateway-url"], credentials });
    const answer = await gateway.authenticate();
    const token = printable(String(answer.token));
    await show(context, {
      data: answer,
      text: `Authentication succeeded.\nToken: ${token}\n`,
      raw: `${token}\n`,
    });
  },
});
