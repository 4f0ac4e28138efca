import { resolve } from "node:path";
import { parseArgs } from "node:util";

/** What `npm start -- …` and the environment may choose. */
export interface StartOptions {
  gatewayPort: number;
  vaultPort: number;
  /** Absolute path. */
  dataDir: string;
  /** Off only for captures of the traffic between the halves: see `--no-tls-between`. */
  tlsBetween: boolean;
  /** A half that dies takes the other along; tests that kill one half on purpose turn this off. */
  stopTogether: boolean;
}

export const usage = `npm start -- [options]

  --gateway-port N    port of the gateway, 0 for any free one   HALFKEY_GATEWAY_PORT   8443
  --vault-port N      port of the vault, 0 for any free one     HALFKEY_VAULT_PORT     9443
  --data DIR          where both halves keep their data         HALFKEY_DATA           ./.halfkey
  --no-tls-between    the vault speaks plain HTTP on loopback,  HALFKEY_DEV_VAULT_TLS=off
                      so that a test can look at the traffic
  --help              this text`;

/** A mistake of whoever typed the command; its message is all they need. */
export class UsageError extends Error {}

/** @returns the options, or `"help"`. @throws {UsageError} */
export function readOptions(args: string[], environment: NodeJS.ProcessEnv): StartOptions | "help" {
  const flags = parseFlags(args);
  if (flags.help) return "help";
  return {
    gatewayPort: port("--gateway-port", flags["gateway-port"] ?? environment.HALFKEY_GATEWAY_PORT, 8443),
    vaultPort: port("--vault-port", flags["vault-port"] ?? environment.HALFKEY_VAULT_PORT, 9443),
    dataDir: resolve(flags.data || environment.HALFKEY_DATA || ".halfkey"),
    tlsBetween: !flags["no-tls-between"] && environment.HALFKEY_DEV_VAULT_TLS !== "off",
    stopTogether: environment.HALFKEY_DEV_STOP_TOGETHER !== "off",
  };
}

function parseFlags(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        "gateway-port": { type: "string" },
        "vault-port": { type: "string" },
        data: { type: "string" },
        "no-tls-between": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
}

function port(flag: string, text: string | undefined, fallback: number): number {
  if (text === undefined || text === "") return fallback;
  const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number <= 65_535)) {
    throw new UsageError(
      `${flag} (or its environment variable) must be 0 to 65535, not ${JSON.stringify(text)}`,
    );
  }
  return number;
}
