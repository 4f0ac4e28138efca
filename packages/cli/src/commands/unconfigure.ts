import { rmSync } from "node:fs";
import { CliError } from "../cli-error.ts";
import { defineCommand } from "../command.ts";
import { profileFile, profileNames } from "../profile.ts";
import { show } from "../show.ts";

export const unconfigure = defineCommand({
  name: "unconfigure",
  section: "setup",
  summary: "remove a profile, with the access key in it",
  description: "The key stays valid at the gateway. Without --profile it is the profile `default`.",
  arguments: {},
  options: {},
  formats: ["table", "json", "yaml"],
  examples: [{ command: "halfkey unconfigure --profile ci", summary: "one profile" }],
  async run(context) {
    const { globals, environment } = context;
    const name = globals.profile ?? "default";
    const file = profileFile(name, environment);
    const names = profileNames(environment);
    if (!names.includes(name)) {
      throw new CliError(`there is no profile ${name}`, {
        where: file,
        ...(names.length > 0 ? { next: `there are: ${names.join(", ")}` } : {}),
      });
    }
    rmSync(file);
    await show(context, {
      data: { profile: name, file, removed: true },
      text: `Profile ${name} successfully removed\n`,
    });
  },
});
