import { readFileSync } from "node:fs";
import { get } from "node:https";
import { text } from "node:stream/consumers";
import type { DevJson } from "./product.ts";

/** How many commands of a kind the gateway has answered, by code; `ok` is a code too. */
export type AnsweredCommands = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Reads `halfkey_gateway_requests_total` from the gateway's metrics page. */
export async function answeredCommands(
  dev: Pick<DevJson, "gatewayUrl" | "caFile">,
): Promise<AnsweredCommands> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const options = { ca: readFileSync(dev.caFile), agent: false as const };
  get(`${dev.gatewayUrl}/metrics`, options, (response) => text(response).then(resolve, reject)).on(
    "error",
    reject,
  );
  const answered = new Map<string, Map<string, number>>();
  const series = /^halfkey_gateway_requests_total\{command="([^"]*)",code="([^"]*)"\} (\d+)/gm;
  for (const [, command = "", code = "", count] of (await promise).matchAll(series)) {
    const byCode = answered.get(command) ?? new Map<string, number>();
    answered.set(command, byCode.set(code, Number(count)));
  }
  return answered;
}
