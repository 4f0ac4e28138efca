import type { RotateFinishReply } from "@halfkey/wire";
import { defineCommand } from "../command.ts";
import { show } from "../show.ts";
import { waitForRotation } from "../wait-for-rotation.ts";

export const rotateFinish = defineCommand({
  name: "rotate finish",
  summary: "destroy the old epochs, if nothing needs them any more",
  description:
    "Needs the admin role, and refuses as long as a record or a version names an old epoch, for 7 days after the rotation is complete, and without verified backups younger than that. Bundles and copies of the fragment file older than this are dead afterwards; snapshots of the gateway's disk keep the old epoch under the passphrase of their time.",
  arguments: {},
  options: {
    wait: { kind: "flag", summary: "first until the rotation is complete, with a bar on a terminal" },
    incident: { kind: "flag", summary: "at once, not after 7 days" },
    "without-backup-check": {
      kind: "text",
      placeholder: "FRAGMENT",
      summary: "go on without verified backups; the fragment's id says that you mean it",
    },
    "give-up": {
      kind: "integer",
      placeholder: "N",
      minimum: 0,
      summary: "how many versions that do not open (see `halfkey rotate status`) may be lost for good",
    },
  },
  formats: ["table", "json", "yaml"],
  examples: [{ command: "halfkey rotate finish", summary: "a week after the rotation" }],
  async run(context, { options }) {
    const { wait, incident, "without-backup-check": withoutBackupCheck, "give-up": giveUp } = options;
    const gateway = await context.gateway();
    if (wait) await waitForRotation(context, gateway);
    const fields = {
      incident,
      ...(withoutBackupCheck === undefined ? {} : { withoutBackupCheck }),
      ...(giveUp === undefined ? {} : { giveUp }),
    };
    const destroyed = await gateway.callOwn<RotateFinishReply>("rotate-finish", fields, { changes: true });
    const lines = [
      ...destroyed.customerEpochs.map((e) => `customer epoch ${e} is destroyed`),
      ...destroyed.vaultEpochs.map((f) => `vault epoch ${f} is destroyed`),
    ];
    const text =
      lines.length === 0
        ? "there is nothing to destroy"
        : `${lines.join("\n")}\nBundles and copies of the fragment file older than this are dead; snapshots of this gateway's disk keep the old epoch under the passphrase of their time.`;
    await show(context, { data: destroyed, text: `${text}\n` });
  },
});
