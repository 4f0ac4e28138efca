import { HalfkeyError, OperatorError, runbookFile, runbookOf } from "@halfkey/model";
import { diskError, errorFields, type Setting, shutdown } from "@halfkey/runtime";
import { Command, Option } from "commander";
import { listAccounts, listInstances, setRevoked } from "./commands/account-commands.ts";
import { doctor } from "./commands/doctor.ts";
import { enrolCode } from "./commands/enrol-code.ts";
import { rootKeyRotate } from "./commands/root-key-rotate.ts";
import { serve } from "./commands/serve.ts";
import { vaultSettings } from "./settings.ts";

/** Fine; usage or local trouble; the vault's data say no. */
const exitCodes = { fine: 0, local: 1, refused: 2 } as const;

/** The commands of `halfkey-vault`. Those that only touch the database work while the server runs. */
export function createProgram(): Command {
  const program = new Command("halfkey-vault")
    .description("The hosted half of Halfkey: keeps ciphertext and the vault fragment.")
    .showHelpAfterError("(halfkey-vault help shows the commands)");

  const serving = program.command("serve").description("run the vault until it is told to stop");
  for (const [key, setting] of Object.entries(vaultSettings)) serving.addOption(optionOf(key, setting));
  serving.addOption(configOption()).action(run(serve));

  commandOn(
    program,
    "doctor",
    "find out what keeps this vault from serving; works while it is down, changes nothing",
  )
    .addOption(optionOf("root-key-file", vaultSettings["root-key-file"]))
    .addOption(optionOf("root-key-command", vaultSettings["root-key-command"]))
    .action(run(doctor));
  commandOn(program, "enrol-code", "make a code with which one gateway instance can enrol within 15 minutes")
    .option("--new-account", "the code founds a new account")
    .option("--account <id>", "the code adds an instance to this account")
    .option("--rekey <instance>", "the code gives this instance another key, and ends its revocation")
    .action(run(enrolCode));
  commandOn(program, "accounts", "list the accounts").action(run(listAccounts));
  commandOn(program, "instances", "list the gateway instances")
    .option("--account <id>", "of this account only")
    .action(run(listInstances));
  commandOn(program, "revoke", "refuse an instance from its next request on")
    .argument("<instance>", "its id, 32 hex digits")
    .action(run((flags, instance) => setRevoked(flags, instance, true)));
  commandOn(program, "restore", "undo a revocation")
    .argument("<instance>", "its id, 32 hex digits")
    .action(run((flags, instance) => setRevoked(flags, instance, false)));
  const rootKey = program.command("root-key").description("the key that seals fragments and vault keys");
  commandOn(rootKey, "rotate", "seal everything under a new root key; the vault must not run")
    .addOption(optionOf("root-key-file", vaultSettings["root-key-file"]))
    .addOption(optionOf("root-key-command", vaultSettings["root-key-command"]))
    .option(
      "--new-root-key-file <string>",
      "file of the new key, made if it is missing; else the old file is replaced",
    )
    .option("--new-root-key-command <string>", "shell command that prints the new key as 64 hex digits")
    .action(run(rootKeyRotate));
  return program;
}

function commandOn(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .addOption(optionOf("data", vaultSettings.data))
    .addOption(configOption())
    .option("--json", "answer, and complain, in JSON");
}

function configOption(): Option {
  return new Option("--config <file>", "YAML file with the same keys as serve's flags");
}

function optionOf(key: string, setting: Setting): Option {
  if (setting.type === "boolean")
    return new Option(setting.default === true ? `--no-${key}` : `--${key}`, setting.doc);
  const shown = Array.isArray(setting.default) ? setting.default.join(",") : setting.default;
  return new Option(
    `--${key} <${setting.type}>`,
    shown === undefined || shown === "" ? setting.doc : `${setting.doc} (default: ${shown})`,
  );
}

type Action = (flags: Record<string, unknown>, argument: string) => Promise<void>;

function run(action: Action): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const command = args.at(-1) as Command;
    const flags = givenFlags(command);
    const argument = typeof args[0] === "string" ? args[0] : "";
    try {
      await action(flags, argument);
    } catch (error) {
      complain(error, flags.json === true);
      // A server that failed to start has opened things which would keep the process alive.
      if (action === serve) await shutdown(exitCodes.local);
    }
  };
}

/** What was really typed: a default of the parser must not win over the environment. */
function givenFlags(command: Command): Record<string, unknown> {
  const given = Object.entries(command.opts()).filter(([key]) => command.getOptionValueSource(key) === "cli");
  return Object.fromEntries(given);
}

function complain(cause: unknown, json: boolean): void {
  const error = diskError(cause);
  const isKnown = error instanceof HalfkeyError;
  const code = isKnown ? error.code : "E_INTERNAL";
  const message = isKnown ? error.message : `this is a defect: ${JSON.stringify(errorFields(error))}`;
  const runbook = runbookOf(code);
  const page = runbook === undefined ? "" : `  runbook: ${runbookFile(runbook)}\n`;
  process.stderr.write(
    json ? `${JSON.stringify({ error: message, code })}\n` : `halfkey-vault: ${message} [${code}]\n${page}`,
  );
  process.exitCode = !isKnown || error instanceof OperatorError ? exitCodes.local : exitCodes.refused;
}
