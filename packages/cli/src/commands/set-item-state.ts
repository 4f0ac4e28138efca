import { defineCommand } from "../command.ts";
import { nameOption, withoutEffect } from "../item-options.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";

export const setItemState = defineCommand({
  name: "set-item-state",
  section: "akeyless",
  summary: "enable or disable an item; a disabled one is neither read nor updated",
  arguments: {},
  options: {
    name: nameOption,
    "desired-state": {
      kind: "text",
      short: "s",
      placeholder: "STATE",
      required: true,
      values: ["Enabled", "Disabled"],
      summary: "the state it shall have",
    },
    ...withoutEffect,
  },
  formats: ["table", "json", "yaml"],
  examples: [
    {
      command: "halfkey set-item-state -n /mdapi/demo/greeting/text -s Disabled",
      summary: "while a leak is looked into",
    },
  ],
  async run(context, { options }) {
    const path = options.name;
    const state = options["desired-state"];
    const gateway = await context.gateway();
    const answer = await gateway.call(
      "set-item-state",
      { name: path, "desired-state": state },
      { path, changes: true },
    );
    await show(context, {
      data: answer,
      text: `The state of item ${printable(path)} was successfully set to ${state}\n`,
    });
  },
});
