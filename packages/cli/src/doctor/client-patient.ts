import type { Peer, Reply } from "@halfkey/diagnosis";
import type { Context } from "../command.ts";
import type { Connection } from "../connection.ts";
import type { Gateway } from "../gateway.ts";

/** A gateway as this machine's user sees it. Each check fills in what later ones ask for. */
export interface ClientPatient {
  readonly context: Context;
  /** An item to look at, with `--path`. */
  readonly path: string | undefined;
  /** The fragment that a client asks for, with `--fragment`. */
  readonly fragment: string | undefined;
  connection?: Connection;
  /** False: looked at from outside only. */
  hasCredentials?: boolean;
  /** The address below which everything of the gateway lies, without a slash at its end. */
  root?: string;
  peer?: Peer;
  health?: Reply;
  /** There once the gateway has accepted the credentials. */
  gateway?: Gateway;
}

/** What an earlier check has filled in: `needs` sees to that. */
export function known<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError("a check lacks one of its needs");
  return value;
}
