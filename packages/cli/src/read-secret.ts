import { CliError } from "./cli-error.ts";
import type { Gateway } from "./gateway.ts";

/**
 * One value, one version of it.
 *
 * @param version Undefined: the newest.
 * @throws as {@link Gateway.call}; {@link CliError} if the answer lacks the value.
 */
export async function readSecret(
  gateway: Gateway,
  path: string,
  version: number | undefined,
): Promise<string> {
  const fields = { names: [path], ...(version === undefined ? {} : { version }) };
  const answer = await gateway.call("get-secret-value", fields, { path });
  return valueIn(answer, path);
}

/** @throws {CliError} */
export function valueIn(answer: Record<string, unknown>, path: string): string {
  const value = Object.hasOwn(answer, path) ? answer[path] : undefined;
  if (value === undefined) {
    throw new CliError("the gateway answered without the value", { exitCode: 2, where: path });
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}
