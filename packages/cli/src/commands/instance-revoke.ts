import { defineCommand } from "../command.ts";
import { show } from "../show.ts";

export const instanceRevoke = defineCommand({
  name: "instance revoke",
  summary: "end another gateway's right to write to this account's journal",
  description:
    "Needs the admin role. The vault has its own revocation, which ends the gateway's reads too: `halfkey-vault revoke`.",
  arguments: { instance: { summary: "its id, 32 hex digits" } },
  options: {},
  formats: ["table", "json", "yaml"],
  examples: [
    {
      command: "halfkey instance revoke 056e0f671e58be27bb73ae1319a42556",
      summary: "one that does not come back",
    },
  ],
  async run(context, { arguments: { instance } }) {
    const gateway = await context.gateway();
    const data = await gateway.callOwn("instance-revoke", { instance }, { changes: true });
    await show(context, { data, text: `instance ${instance} is revoked\n` });
  },
});
