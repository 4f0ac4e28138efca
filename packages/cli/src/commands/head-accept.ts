import type { HeadAcceptReply, HeadShowReply } from "@halfkey/wire";
import { CliError } from "../cli-error.ts";
import { defineCommand } from "../command.ts";
import { show } from "../show.ts";

export const headAccept = defineCommand({
  name: "head accept",
  summary: "take the vault's present history for the truth, and end the alarm",
  description:
    "Needs the admin role. Changes and revocations that the vault's history lacks are undone, and every token ends. Try `halfkey head push` first: it loses nothing.",
  arguments: {
    head: {
      summary: "the vault's head as `halfkey head show` tells it: number and hash, with a colon between",
    },
  },
  options: { yes: { kind: "flag", summary: "do it; without it nothing is done" } },
  formats: ["table", "json", "yaml"],
  examples: [{ command: "halfkey head accept 41:9f2c… --yes", summary: "after a look at both heads" }],
  async run(context, { arguments: { head }, options: { yes } }) {
    const [, seq, hash] = /^(\d{1,16}):([0-9a-f]{64})$/.exec(head) ?? [];
    if (seq === undefined || hash === undefined) {
      throw new CliError("the head must be a number, a colon and 64 hex digits", {
        next: "halfkey head show",
      });
    }
    const gateway = await context.gateway();
    if (!yes) {
      const { own } = await gateway.callOwn<HeadShowReply>("head-show", {});
      throw new CliError(
        `this would undo the ${Math.max(0, own.seq - Number(seq))} entries after ${seq}, and end every token`,
        {
          next: "halfkey head push loses nothing; to accept all the same, add --yes",
        },
      );
    }
    const accepted = await gateway.callOwn<HeadAcceptReply>(
      "head-accept",
      { seq: Number(seq), hash },
      { changes: true },
    );
    await show(context, {
      data: accepted,
      text: `accepted; the head is now ${accepted.seq}, ${accepted.undone} entries are undone\n${accepted.warning}\n`,
    });
  },
});
