import type { RotateStatusReply } from "@halfkey/wire";
import { type Command, defineCommand } from "../command.ts";
import { rotationText } from "../rotation-text.ts";
import { show } from "../show.ts";

type What = "customer" | "vault" | "all";

const words: Record<What, { summary: string; example: string }> = {
  customer: {
    summary: "begin a new epoch of the customer fragment, and bring everything under it",
    example: "after the gateway's disk was stolen",
  },
  vault: {
    summary: "begin a new epoch of the vault's fragment, and bring everything under it",
    example: "after the vault's database or its root key was stolen",
  },
  all: { summary: "begin new epochs of both fragments at once", example: "once a year" },
};

function rotateStart(what: What): Command {
  return defineCommand({
    name: `rotate ${what}`,
    summary: words[what].summary,
    description:
      "Needs the admin role. Values are not encrypted anew and stay readable all the time; `halfkey rotate status` shows how far it is, `halfkey rotate finish` destroys the old epochs.",
    arguments: {},
    options: {
      incident: {
        kind: "flag",
        summary: "at full speed, and also while another rotation is under way",
      },
      "without-backup-check": {
        kind: "text",
        placeholder: "FRAGMENT",
        summary: "go on without a verified bundle; the fragment's id says that you mean it",
      },
    },
    formats: ["table", "json", "yaml"],
    examples: [{ command: `halfkey rotate ${what}`, summary: words[what].example }],
    async run(context, { options: { incident, "without-backup-check": withoutBackupCheck } }) {
      const gateway = await context.gateway();
      const fields = { what, incident, ...(withoutBackupCheck === undefined ? {} : { withoutBackupCheck }) };
      const status = await gateway.callOwn<RotateStatusReply>("rotate-start", fields, { changes: true });
      await show(context, { data: status, text: rotationText(status) });
    },
  });
}

export const rotateCustomer = rotateStart("customer");
export const rotateVault = rotateStart("vault");
export const rotateAll = rotateStart("all");
