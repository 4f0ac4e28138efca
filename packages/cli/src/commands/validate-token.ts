import { CliError } from "../cli-error.ts";
import { defineCommand } from "../command.ts";
import { printableJson } from "../printable.ts";
import { show } from "../show.ts";

export const validateToken = defineCommand({
  name: "validate-token",
  section: "akeyless",
  summary: "tell whether a token is valid, and for how long",
  description:
    "The token is that of --token or HALFKEY_TOKEN; without one, the configured credentials are tried. One that is not valid ends with exit code 2.",
  arguments: {},
  options: {},
  formats: ["json", "yaml"],
  examples: [{ command: 'HALFKEY_TOKEN="$TOKEN" halfkey validate-token', summary: "of a variable" }],
  async run(context) {
    const gateway = await context.gateway();
    const answer = await gateway.call("validate-token", {});
    await show(context, { data: answer, text: `${printableJson(answer)}\n` });
    if (answer.is_valid === true) return;
    throw new CliError(`the token is not valid: ${answer.reason}`, { exitCode: 2, next: "halfkey auth" });
  },
});
