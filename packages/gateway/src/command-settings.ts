import { type Config, loadConfig, type Setting } from "@halfkey/runtime";
import type { Command } from "commander";

/** How the customer fragment is opened: exactly one of the three. */
export const unsealSettings = {
  "passphrase-file": {
    type: "string",
    doc: "File whose first line is the passphrase; `-` reads standard input.",
  },
  "key-file": { type: "string", doc: "File with 32 raw bytes or 64 hex digits, best on another disk." },
  "unseal-command": {
    type: "string",
    doc: "Program whose first line of output is the key, 64 hex digits (KMS, TPM).",
  },
} as const satisfies Record<string, Setting>;

/** The configuration of one command, from its flags, the environment and `--config`. */
export function configOf<const S extends Record<string, Setting>>(command: Command, settings: S): Config<S> {
  return loadConfig({
    settings,
    flags: givenFlags(command, settings),
    environment: process.env,
    prefix: "gateway",
    file: command.opts().config,
  });
}

/** Declares a flag for each setting. */
export function withSettings(command: Command, settings: Record<string, Setting>): Command {
  command.option("--config <file>", "YAML file with the same keys");
  for (const [key, { type, doc, default: fallback }] of Object.entries(settings)) {
    const shown =
      fallback === undefined || fallback === "" ? doc : `${doc} (default ${JSON.stringify(fallback)})`;
    if (type !== "boolean") command.option(`--${key} <${type}>`, shown);
    else if (fallback === true) command.option(`--no-${key}`, shown);
    else command.option(`--${key}`, shown);
  }
  return command;
}

/** Only what was written on the command line: a default must not hide the environment and the file. */
function givenFlags(command: Command, settings: Record<string, Setting>): Record<string, unknown> {
  const given = Object.entries(command.opts()).filter(
    ([name]) => command.getOptionValueSource(name) === "cli",
  );
  const known = new Set(Object.keys(settings));
  return Object.fromEntries(
    given.filter(([name]) => known.has(name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`))),
  );
}

export function unsealOptions(config: Config<typeof unsealSettings>) {
  return {
    passphraseFile: config["passphrase-file"],
    keyFile: config["key-file"],
    unsealCommand: config["unseal-command"],
  };
}
