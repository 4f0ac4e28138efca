import { CliError } from "../cli-error.ts";

/** `NAME=VALUE` as given on the command line; a name given twice has both values. @throws {CliError} */
export function claimsOf(given: readonly string[]): Record<string, string | string[]> {
  const claims: Record<string, string | string[]> = Object.create(null);
  for (const text of given) {
    const at = text.indexOf("=");
    if (at < 1) throw new CliError(`--claim wants NAME=VALUE, not ${JSON.stringify(text)}`);
    const name = text.slice(0, at);
    const value = text.slice(at + 1);
    const held = claims[name];
    claims[name] = held === undefined ? value : [...(Array.isArray(held) ? held : [held]), value];
  }
  return claims;
}
