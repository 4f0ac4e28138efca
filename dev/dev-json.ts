import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { layout } from "./layout.ts";

/** `<data>/dev.json`: how a program on this machine reaches a Halfkey started with `npm start`. */
export interface DevJson {
  gatewayUrl: string;
  akeylessUrl: string;
  derivedKeyUrl: string;
  consoleUrl: string;
  vaultUrl: string;
  /** The gateway's CA, PEM. */
  caFile: string;
  accessId: string;
  accessKey: string;
  pids: { vault: number; gateway: number };
}

/** What the running halves told. */
export interface Running {
  gatewayUrl: string;
  vaultUrl: string;
  pids: DevJson["pids"];
}

/** Written last and by rename: whoever sees the file can use everything it names. */
export function writeDevJson(dataDir: string, running: Running): void {
  const { devJson, credentials, gatewayCa } = layout(dataDir);
  const { accessId, accessKey } = readCredentials(credentials);
  const content: DevJson = {
    gatewayUrl: running.gatewayUrl,
    akeylessUrl: `${running.gatewayUrl}/akeyless-api/v2`,
    derivedKeyUrl: `${running.gatewayUrl}/api/derived-key`,
    consoleUrl: `${running.gatewayUrl}/console/`,
    vaultUrl: running.vaultUrl,
    caFile: gatewayCa,
    accessId,
    accessKey,
    pids: running.pids,
  };
  const temporary = `${devJson}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, devJson);
}

function readCredentials(file: string): { accessId: string; accessKey: string } {
  const { accessId, accessKey } = JSON.parse(readFileSync(file, "utf8"));
  if (typeof accessId !== "string" || typeof accessKey !== "string") {
    throw new Error(`${file} names no accessId and accessKey: remove the data directory and start again.`);
  }
  return { accessId, accessKey };
}
