import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { adviceOf, HalfkeyError, OperatorError } from "@halfkey/model";
import { createLog, diskError, type Setting } from "@halfkey/runtime";
import { Command } from "commander";
import { backupPlanOf, backupSettings } from "./backup/backup-settings.ts";
import { configOf, unsealOptions, unsealSettings, withSettings } from "./command-settings.ts";
import { addBackupCommands, outboxIn } from "./commands/backup.ts";
import { doctor } from "./commands/doctor.ts";
import { init } from "./commands/init.ts";
import { replaceInstance, replaceVaultKey } from "./commands/replace-keys.ts";
import { resealFragment } from "./commands/reseal-fragment.ts";
import { addRestoreCommand } from "./commands/restore-command.ts";
import { serve } from "./commands/serve.ts";
import { addSharesCommands, shareOptionsOf, shareSettings, sheetsAdvice } from "./commands/shares.ts";
import { nudgeOptionsOf, nudgeSettings } from "./nudge/nudge-options.ts";

export const serveSettings = {
  data: { type: "string", default: "./.halfkey/gateway", doc: "Folder of the gateway's files." },
  vault: { type: "string", doc: "The vault's URL, where it is another one than at init." },
  host: { type: "string", default: "127.0.0.1", doc: "Address to listen on." },
  port: {
    type: "integer",
    default: 8443,
    minimum: 0,
    maximum: 65_535,
    doc: "Port to listen on; 0 takes a free one.",
  },
  hosts: { type: "list", default: [], doc: "Further host names and addresses for the certificate." },
  tls: { type: "boolean", default: true, doc: "Serve HTTPS; `--no-tls` is for loopback only." },
  "audit-forward": {
    type: "list",
    default: [],
    doc: "Where audit entries are sent on to: file:///path, syslog+udp|tcp|tls://host:port, otlp+https://host/v1/logs.",
  },
  "audit-sync": {
    type: "boolean",
    default: false,
    doc: "Answer only once the audit entry is on the disk itself: survives a loss of power, and is slower.",
  },
  "trusted-proxies": {
    type: "list",
    default: [],
    doc: "CIDR blocks of proxies whose X-Forwarded-For is believed; nobody else's ever is.",
  },
  ...backupSettings,
  "log-level": { type: "string", default: "info", doc: "debug, info, warn or error." },
  ...nudgeSettings,
  ...unsealSettings,
} as const satisfies Record<string, Setting>;

export const initSettings = {
  data: serveSettings.data,
  vault: { type: "string", doc: "The vault's URL." },
  "vault-ca": { type: "string", doc: "PEM of the only CA to trust for the vault; it is copied." },
  code: { type: "string", default: "-", doc: "File with the enrolment code; `-` reads standard input." },
  "grant-all": {
    type: "boolean",
    default: false,
    doc: "Also give the first credentials everything on every item.",
  },
  credentials: {
    type: "string",
    doc: "Write the first credentials to this file (mode 0600) instead of showing them.",
  },
  "make-shares": {
    type: "boolean",
    default: true,
    doc: "Make the recovery identity and its paper shares; `--no-make-shares` leaves that for `shares make`.",
  },
  ...shareSettings,
  "log-level": { type: "string", default: "warn", doc: "debug, info, warn or error." },
  ...unsealSettings,
} as const satisfies Record<string, Setting>;

export const resealSettings = {
  data: serveSettings.data,
  ...unsealSettings,
  "new-passphrase-file": {
    type: "string",
    doc: "File whose first line is the new passphrase; `-` reads standard input.",
  },
  "new-key-file": { type: "string", doc: "File with the new key, 32 raw bytes or 64 hex digits." },
  "new-unseal-command": { type: "string", doc: "Program whose first line of output is the new key." },
} as const satisfies Record<string, Setting>;

export const replaceSettings = {
  data: serveSettings.data,
  vault: serveSettings.vault,
  code: initSettings.code,
  "log-level": initSettings["log-level"],
  ...unsealSettings,
} as const satisfies Record<string, Setting>;

/** The program `halfkey-gateway`. Exit codes: 0 fine, 1 usage or local, 2 the vault said no. */
export async function run(argv: string[]): Promise<void> {
  const program = new Command("halfkey-gateway")
    .description("The on-premise half of Halfkey: keeps the customer fragment and decides who may read what.")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 1));

  withSettings(program.command("serve"), serveSettings)
    .description("serve the API")
    .option("--with-parent", "end when the process that started this one ends")
    .action(async ({ withParent = false }, command: Command) => {
      const config = configOf(command, serveSettings);
      const log = createLog({ name: "gateway", level: config["log-level"] });
      await serve({
        trustedProxies: config["trusted-proxies"],
        ...config,
        ...unsealOptions(config),
        auditForward: config["audit-forward"],
        auditSync: config["audit-sync"],
        backups: backupPlanOf(config, outboxIn(config.data)),
        nudge: nudgeOptionsOf(config),
        withParent,
        log,
      });
    });

  withSettings(program.command("init"), initSettings)
    .description("make a new account: customer fragment, enrolment at the vault, first credentials")
    .option("--json", "print JSON")
    .action(async ({ json = false }, command: Command) => {
      const config = configOf(command, initSettings);
      if (config.vault === undefined)
        throw new OperatorError("E_INPUT", "--vault is missing: give the vault's URL");
      const result = await init({
        ...unsealOptions(config),
        data: config.data,
        vault: config.vault,
        vaultCa: config["vault-ca"],
        readCode: () => readCode(config.code),
        grantAll: config["grant-all"],
        credentials: config.credentials,
        shares: config["make-shares"] ? shareOptionsOf(config) : undefined,
        log: createLog({ name: "gateway-init", level: config["log-level"] }),
      });
      // Credentials that went to a file are not shown too.
      const { admin, sheets, ...account } = result;
      const shown = { ...account, ...(admin === undefined ? {} : { accessId: admin.accessId }) };
      const secret =
        admin !== undefined && config.credentials === undefined ? { accessKey: admin.accessKey } : {};
      process.stdout.write(
        json
          ? `${JSON.stringify({ ...shown, ...secret, ...(sheets === undefined ? {} : { sheets }) })}\n`
          : humanText({ ...shown, ...secret }) + afterInit(sheets),
      );
    });

  const fragment = program.command("fragment").description("the sealed customer fragment");
  withSettings(fragment.command("reseal"), resealSettings)
    .description("seal the customer fragment under another passphrase, key file or command")
    .action(async (_flags, command: Command) => {
      const config = configOf(command, resealSettings);
      const { file: written } = await resealFragment({
        data: config.data,
        from: unsealOptions(config),
        to: {
          passphraseFile: config["new-passphrase-file"],
          keyFile: config["new-key-file"],
          unsealCommand: config["new-unseal-command"],
        },
      });
      process.stdout.write(
        `${written} is sealed anew. Copies of it from before still open with what opened them.\n`,
      );
    });

  const instance = program.command("instance").description("this gateway's identity at the vault");
  withSettings(instance.command("rekey"), replaceSettings)
    .description("take another vault key, with a re-keying code (halfkey-vault enrol-code --rekey)")
    .action(async (_flags, command: Command) => {
      const { instance: id } = await replaceVaultKey(replaceOptions(command));
      process.stdout.write(`instance ${id} has another vault key; the old one is dead\n`);
    });
  withSettings(instance.command("replace"), replaceSettings)
    .description("take another identity and revoke the present one (halfkey-vault enrol-code --account)")
    .action(async (_flags, command: Command) => {
      const { instance: id, replaced, audit } = await replaceInstance(replaceOptions(command));
      process.stdout.write(`this gateway is now instance ${id}\n`);
      process.stdout.write(`revoke the old one at the vault too: halfkey-vault revoke ${replaced}\n`);
      if (audit !== null) process.stdout.write(`its audit log lies in ${audit}\n`);
    });

  withSettings(program.command("doctor"), serveSettings)
    .description("find out what keeps this gateway from serving; works while it is down, and changes nothing")
    .option("--json", "print JSON")
    .action(async ({ json = false }, command: Command) => {
      const config = configOf(command, serveSettings);
      const { data, vault, host, tls, "trusted-proxies": trustedProxies } = config;
      const unseal = unsealOptions(config);
      process.exitCode = await doctor({ data, vault, host, tls, trustedProxies, unseal }, json);
    });

  addSharesCommands(program);
  addBackupCommands(program);
  addRestoreCommand(program);

  try {
    await program.parseAsync(argv);
  } catch (cause) {
    const error = diskError(cause);
    process.stderr.write(`halfkey-gateway: ${(error as Error).message}\n`);
    if (error instanceof HalfkeyError) process.stderr.write(adviceOf(error));
    else if (process.env.HALFKEY_DEBUG === "1") process.stderr.write(`${(error as Error).stack}\n`);
    const remote =
      error instanceof HalfkeyError &&
      !["E_INPUT", "E_CHECK", "E_DISK", "E_SEALED", "E_SHARE", "E_BACKUP"].includes(error.code);
    process.exit(remote ? 2 : 1);
  }
}

function replaceOptions(command: Command) {
  const config = configOf(command, replaceSettings);
  return {
    ...unsealOptions(config),
    data: config.data,
    vault: config.vault,
    readCode: () => readCode(config.code),
    log: createLog({ name: "gateway-instance", level: config["log-level"] }),
  };
}

async function readCode(source: string): Promise<string> {
  if (source === "-" && process.stdin.isTTY) process.stderr.write("Enrolment code: ");
  return (source === "-" ? await text(process.stdin) : await readFile(source, "utf8")).trim();
}

function humanText(shown: Record<string, string>): string {
  const lines = Object.entries(shown).map(([name, value]) => `  ${name.padEnd(10)} ${value}`);
  return `The account is ready.\n${lines.join("\n")}\nWrite genesis16 down: a restore asks for it. The access key is not shown again.\n`;
}

function afterInit(sheets: readonly string[] | undefined): string {
  return sheets === undefined
    ? "\nThere are no paper shares: without them and a backup, the loss of this disk is the loss of everything.\n  next: halfkey-gateway shares make\n"
    : `\n${sheetsAdvice(sheets)}`;
}
