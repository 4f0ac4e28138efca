import type { HeadPushReply } from "@halfkey/wire";
import { CliError } from "../cli-error.ts";
import { defineCommand } from "../command.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const headPush = defineCommand({
  name: "head push",
  summary: "give a vault that was restored from an older backup what it lacks",
  description:
    "Needs the admin role. Sends the journal's entries and the sealed records that the vault does not have. Values are not kept at the gateway: versions whose ciphertext is gone are listed, and have to be written again.",
  arguments: {},
  options: {},
  formats: ["table", "json", "yaml"],
  examples: [{ command: "halfkey head push", summary: "after a restore of the vault" }],
  async run(context) {
    const gateway = await context.gateway();
    const pushed = await gateway.callOwn<HeadPushReply>("head-push", {}, { changes: true, patient: true });
    const { entries, records, lost } = pushed;
    const lines = [
      `pushed ${entries} entries, mended ${records} records`,
      ...lost.map(({ name, version }) => `lost  ${printable(name)}, version ${version}`),
    ];
    await show(context, { data: pushed, text: `${lines.join("\n")}\n` });
    if (lost.length > 0) {
      throw new CliError(`${lost.length} versions have lost their ciphertext`, {
        exitCode: 2,
        next: "write them again from their source; older versions of the same items may be whole (`halfkey history`)",
      });
    }
  },
});
