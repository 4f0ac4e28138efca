import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { OperatorError } from "@halfkey/model";
import type { Setting } from "@halfkey/runtime";
import type { Command } from "commander";
import { configOf, unsealOptions, unsealSettings, withSettings } from "../command-settings.ts";
import { recoveryOf, recoverySettings, required } from "./backup.ts";
import { type RestoreResult, restore } from "./restore.ts";

export const restoreSettings = {
  data: { type: "string", default: "./.halfkey/gateway", doc: "Empty folder that becomes the gateway's." },
  from: {
    type: "string",
    doc: "The bundle's file; or a folder or `rclone:remote:path`, of which the newest is taken.",
  },
  ...recoverySettings,
  vault: { type: "string", doc: "The vault's URL, where it is another one than the backup says." },
  "vault-ca": { type: "string", doc: "PEM of the only CA to trust for the vault, in place of the backup's." },
  code: {
    type: "string",
    doc: "File with a code of `halfkey-vault enrol-code --rekey INSTANCE`, `-` reads standard input: the old disk's key dies.",
  },
  "keep-vault-key": {
    type: "boolean",
    default: false,
    doc: "Keep the key that the lost disk held; only where that disk is certainly destroyed.",
  },
  "known-seq": {
    type: "integer",
    minimum: 0,
    doc: "The highest journal entry known from elsewhere (`halfkey head show`): the vault must not show less.",
  },
  ...unsealSettings,
} as const satisfies Record<string, Setting>;

/** `halfkey-gateway restore`. */
export function addRestoreCommand(program: Command): void {
  withSettings(program.command("restore"), restoreSettings)
    .description(
      "make a gateway of an empty folder, from a backup and paper shares; may be repeated after a crash",
    )
    .option("--json", "print JSON")
    .action(async ({ json = false }, command: Command) => {
      const config = configOf(command, restoreSettings);
      const { code } = config;
      if ((code === undefined) !== config["keep-vault-key"])
        throw new OperatorError(
          "E_INPUT",
          "give --code with a re-keying code of the vault, or --keep-vault-key where the old disk is certainly destroyed",
        );
      const isTyped = config["share-files"].length === 0 && config["identity-file"] === undefined;
      const fromInput = [isTyped, config["passphrase-file"] === "-", code === "-"].filter(Boolean).length;
      if (fromInput > 1)
        throw new OperatorError(
          "E_INPUT",
          "standard input gives one thing: shares, passphrase or code; put the others into files (mode 0600)",
        );
      const done = await restore({
        ...unsealOptions(config),
        data: config.data,
        from: required(config.from),
        recovery: () => recoveryOf(config),
        vault: config.vault,
        vaultCa: config["vault-ca"],
        readCode: code === undefined ? undefined : () => readCode(code),
        knownSeq: config["known-seq"],
        progress: (line) => void process.stderr.write(`${line}\n`),
      });
      process.stdout.write(json ? `${JSON.stringify(done)}\n` : humanText(done, config.data));
    });
}

async function readCode(source: string): Promise<string> {
  if (source === "-" && process.stdin.isTTY) process.stderr.write("Re-keying code: ");
  return (source === "-" ? await text(process.stdin) : await readFile(source, "utf8")).trim();
}

function humanText(done: RestoreResult, data: string): string {
  const { seq, vaultSeq, seconds } = done;
  const head =
    vaultSeq === undefined
      ? "The vault was not asked: compare the head with what another gateway or a later backup's name says."
      : vaultSeq < seq
        ? `The vault is behind: its head is ${vaultSeq}. It was set back: after the start run \`halfkey head push\`.`
        : `The vault has ${vaultSeq - seq} newer entries, which the start fetches.`;
  return `Restored from ${done.bundle}, entry ${seq}, in ${seconds.toFixed(1)} s.
${head}
  next: halfkey-gateway serve --data ${data}
`;
}
