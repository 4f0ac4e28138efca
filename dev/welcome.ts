import { relative } from "node:path";
import type { Running } from "./dev-json.ts";
import { layout } from "./layout.ts";

/** What a developer reads once both halves are ready. */
export function welcome(dataDir: string, { gatewayUrl, vaultUrl, pids }: Running): string {
  const at = layout(dataDir);
  const short = (path: string) => {
    const fromHere = relative(process.cwd(), path);
    return fromHere.startsWith("..") ? path : fromHere;
  };
  const isDefault = short(dataDir) === ".halfkey";
  const halfkey = `${isDefault ? "" : `HALFKEY_DATA=${shellWord(short(dataDir))} `}npx halfkey`;
  return `
Halfkey is ready: two halves in two processes, and neither can read a secret alone.

  gateway   ${gatewayUrl}   process ${pids.gateway}   your half; everything talks to it
  vault     ${vaultUrl}   process ${pids.vault}   the hosted half; only the gateway talks to it

  CA file   ${short(at.gatewayCa)}
  data      ${short(dataDir)}, logs in ${short(at.logs)}

The gateway's fragment is sealed with ${short(at.unsealKey)}, so that it starts without asking.
That is for development: a production gateway is unsealed with a passphrase.

Try it in another terminal:

  printf %s hello | ${halfkey} put /mdapi/demo/greeting/text
  ${halfkey} get /mdapi/demo/greeting/text
  ${halfkey} list /mdapi

Ctrl-C stops both halves; the data stays.
`;
}

function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
