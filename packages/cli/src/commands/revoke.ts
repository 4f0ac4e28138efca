import { CliError } from "../cli-error.ts";
import { defineCommand } from "../command.ts";
import { accessIdOf } from "../policy/access-id.ts";
import { show } from "../show.ts";

export const revoke = defineCommand({
  name: "revoke",
  summary: "end tokens: one, all of an auth method, or all there are",
  description:
    "Acts at once where it is done, and elsewhere with the next contact to the vault. Needs the admin role.",
  arguments: {},
  options: {
    "token-id": { kind: "text", placeholder: "ID", summary: "one token, by its id (from the audit log)" },
    "auth-method": {
      kind: "text",
      placeholder: "NAME",
      summary: "all tokens of one auth method, by name or access id",
    },
    all: { kind: "flag", summary: "every token, this one included" },
  },
  formats: ["table", "json", "yaml"],
  examples: [{ command: "halfkey revoke --auth-method eso", summary: "after a key has leaked" }],
  async run(context, { options }) {
    const { "token-id": tokenId, "auth-method": method, all } = options;
    if ([tokenId, method, all || undefined].filter((one) => one !== undefined).length !== 1) {
      throw new CliError("say what to end", { next: "give one of --token-id, --auth-method and --all" });
    }
    const gateway = await context.gateway();
    const fields = {
      ...(tokenId === undefined ? {} : { "token-id": tokenId }),
      ...(method === undefined ? {} : { "access-id": await accessIdOf(gateway, method) }),
      ...(all ? { all: true } : {}),
    };
    const data = await gateway.callOwn("revoke", fields, { changes: true });
    await show(context, { data, text: "ended\n" });
  },
});
