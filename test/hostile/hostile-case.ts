import type { HttpRequest } from "../support/gateway-http.ts";

/**
 * A request that must be refused as expected, changing nothing. Its name begins with the number of the attack it
 * tries (docs/attacks.md).
 */
export interface HostileCase {
  readonly name: string;
  readonly status: number;
  /** Of the header `halfkey-code`. */
  readonly code: string;
  /** Well-formed HTTP. An object as body gets the caller's token; in a text `$TOKEN` stands for it. */
  readonly request?: HttpRequest;
  /** Leaves the token out. */
  readonly anonymous?: true;
  /** Bytes as they go over the wire. */
  readonly raw?: string | readonly (string | Uint8Array)[];
  /** The raw request is HEAD, which is answered without a body. */
  readonly head?: true;
}

/** The path of a command that Akeyless clients know. */
export const v2 = (command: string) => `/akeyless-api/v2/${command}`;
/** The path of a command of our own. */
export const own = (command: string) => `/halfkey/v1/${command}`;

/** An item that exists while the cases run, and one that does not. */
export const kept = "/hostile/kept/key";
export const absent = "/hostile/absent/key";

export const refused = (
  name: string,
  path: string,
  body: object | string | Uint8Array,
  code = "E_INPUT",
  status = 400,
): HostileCase => ({ name, request: { path, body }, code, status });
