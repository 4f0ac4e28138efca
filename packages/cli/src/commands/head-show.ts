import type { HeadShowReply } from "@halfkey/wire";
import { defineCommand } from "../command.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const headShow = defineCommand({
  name: "head show",
  summary: "show the gateway's head, the vault's, and the alarm that stands",
  description: "Needs the admin role. Look here first when writes are frozen.",
  arguments: {},
  options: {},
  formats: ["table", "json", "yaml"],
  examples: [{ command: "halfkey head show", summary: "what an alarm is about" }],
  async run(context) {
    const gateway = await context.gateway();
    const heads = await gateway.callOwn<HeadShowReply>("head-show", {});
    const { own, vault, vaultError, alarm, poisoned } = heads;
    const lines = [
      `gateway  ${own.seq}  ${own.hash}`,
      vault === null
        ? `vault    ${printable(vaultError ?? "no answer")}`
        : `vault    ${vault.seq}  ${vault.hash}`,
      alarm === null ? "no alarm" : `alarm    ${alarm.code} since ${alarm.since}: ${printable(alarm.reason)}`,
      ...(poisoned === 0 ? [] : [`unknown  ${poisoned} records whose current content is not known`]),
    ];
    await show(context, { data: heads, text: `${lines.join("\n")}\n` });
  },
});
