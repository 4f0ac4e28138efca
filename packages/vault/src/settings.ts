import { join, resolve } from "node:path";
import { OperatorError } from "@halfkey/model";
import { type Config, loadConfig, type Setting } from "@halfkey/runtime";

/** Every setting of the vault; docs/vault.md holds this table. */
export const vaultSettings = {
  data: {
    type: "string",
    default: "./.halfkey/vault",
    doc: "Folder of everything the vault keeps; made with mode 0700.",
  },
  host: { type: "string", default: "127.0.0.1", doc: "Address to listen on." },
  port: {
    type: "integer",
    default: 9443,
    minimum: 0,
    maximum: 65_535,
    doc: "Port to listen on; 0 takes a free one.",
  },
  hosts: {
    type: "list",
    default: [],
    doc: "Host names and addresses in the server's certificate, besides localhost, 127.0.0.1 and ::1.",
  },
  tls: {
    type: "boolean",
    default: true,
    doc: "`--no-tls` speaks plain HTTP; allowed on a loopback host only.",
  },
  "root-key-file": {
    type: "string",
    doc: "File with the root key, 32 bytes or 64 hex digits; `root.key` in the data folder if absent. Made at the first start.",
  },
  "root-key-command": {
    type: "string",
    doc: "Shell command that prints the root key as 64 hex digits, instead of a file.",
  },
  "log-level": { type: "string", default: "info", doc: "`debug`, `info`, `warn` or `error`." },
  "with-parent": {
    type: "boolean",
    default: false,
    doc: "Stop when the process that started this one, with an IPC channel, ends.",
  },
} as const satisfies Record<string, Setting>;

export type VaultConfig = Config<typeof vaultSettings>;

const logLevels = ["debug", "info", "warn", "error"];

/** @param flags As parsed from the command line; `config` in them names the YAML file. @throws {OperatorError} E_INPUT */
export function loadVaultConfig(flags: Record<string, unknown>, environment: NodeJS.ProcessEnv): VaultConfig {
  const { config: file, json: _json, ...settings } = flags;
  const config = loadConfig({
    settings: vaultSettings,
    flags: settings,
    environment,
    prefix: "vault",
    file: typeof file === "string" ? file : environment.HALFKEY_VAULT_CONFIG,
  });
  if (!config.tls && !isLoopback(config.host)) {
    throw new OperatorError(
      "E_INPUT",
      `--no-tls is only for a loopback host, and ${config.host} is none: leave it out, or listen on 127.0.0.1`,
    );
  }
  if (!logLevels.includes(config["log-level"])) {
    throw new OperatorError("E_INPUT", `--log-level must be one of ${logLevels.join(", ")}`);
  }
  if (config["root-key-file"] !== undefined && config["root-key-command"] !== undefined) {
    throw new OperatorError("E_INPUT", "give --root-key-file or --root-key-command, not both");
  }
  return config;
}

/** Where things lie below the data folder. */
export function layoutOf(config: VaultConfig) {
  const data = resolve(config.data);
  return {
    data,
    database: join(data, "vault.sqlite"),
    rootKey: config["root-key-file"] ?? join(data, "root.key"),
    tls: join(data, "tls"),
  };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
