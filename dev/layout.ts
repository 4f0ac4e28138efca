import { join } from "node:path";

const packages = join(import.meta.dirname, "..", "packages");

/** The programs, by file: the launcher starts the halves and imports neither. */
export const programs = {
  vault: join(packages, "vault", "src", "main.ts"),
  gateway: join(packages, "gateway", "src", "main.ts"),
};

export type HalfName = keyof typeof programs;

/** Where things lie below the data directory. */
export function layout(dataDir: string) {
  return {
    vaultData: join(dataDir, "vault"),
    vaultCa: join(dataDir, "vault", "tls", "ca.pem"),
    gatewayData: join(dataDir, "gateway"),
    gatewayCa: join(dataDir, "gateway", "tls", "ca.pem"),
    /** Stands for the passphrase that a production gateway is unsealed with. */
    unsealKey: join(dataDir, "dev-unseal.key"),
    credentials: join(dataDir, "admin.json"),
    enrolCode: join(dataDir, "dev-enrol-code.json"),
    devJson: join(dataDir, "dev.json"),
    lock: join(dataDir, "dev.lock"),
    logs: join(dataDir, "logs"),
    /** Compiled code, which each start would otherwise make anew. */
    compileCache: join(dataDir, "cache"),
    log: (half: HalfName) => join(dataDir, "logs", `${half}.log`),
  };
}

export function vaultServeArguments(dataDir: string, port: number, tls: boolean): string[] {
  const { vaultData } = layout(dataDir);
  return [
    ...["serve", "--data", vaultData, "--host", "127.0.0.1", "--port", String(port), "--with-parent"],
    ...(tls ? [] : ["--no-tls"]),
  ];
}

/** @param vaultUrl where the vault is now: with port 0 it is another one at every start. */
export function gatewayServeArguments(dataDir: string, port: number, vaultUrl: string): string[] {
  const { gatewayData, unsealKey } = layout(dataDir);
  return [
    ...["serve", "--data", gatewayData, "--vault", vaultUrl, "--host", "127.0.0.1", "--port", String(port)],
    ...["--key-file", unsealKey, "--with-parent"],
  ];
}
