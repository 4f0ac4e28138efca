import type { RotateStatusReply } from "@halfkey/wire";
import { defineCommand } from "../command.ts";
import { rotationText } from "../rotation-text.ts";
import { show } from "../show.ts";
import { waitForRotation } from "../wait-for-rotation.ts";

export const rotateStatus = defineCommand({
  name: "rotate status",
  summary: "show the epochs, how far a rotation is, and what stands against its end",
  description: "Needs the admin role.",
  arguments: {},
  options: {
    wait: { kind: "flag", summary: "until everything is under the new epochs, with a bar on a terminal" },
  },
  formats: ["table", "json", "yaml"],
  examples: [{ command: "halfkey rotate status --wait", summary: "watch it" }],
  async run(context, { options: { wait } }) {
    const gateway = await context.gateway();
    const status = wait
      ? await waitForRotation(context, gateway)
      : await gateway.callOwn<RotateStatusReply>("rotate-status", {});
    await show(context, { data: status, text: rotationText(status) });
  },
});
