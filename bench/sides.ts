import type { PreparedRequest } from "./load.ts";

/** The core that all servers share, and the one for whoever asks them. */
export const serverCore = 0;
export const loadCore = 1;

/** One of the two that are compared, running. */
export interface Side {
  name: "halfkey" | "openbao";
  url: string;
  /** PEM. */
  ca: string;
  /** Process ids by what they are: `gateway`, `vault`, `bao`. Asked anew, as a restart changes them. */
  processes(): Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

/** The path of the n-th secret; both sides hold the same ones. */
export function secretPath(n: number): string {
  return `/mdapi/ns${n % 50}/app${n}/key`;
}

/** 200 bytes, as long as most credentials at most are. */
export function secretValue(n: number): string {
  return `v${n}-`.padEnd(200, "x");
}

/** A rule or path that gives nothing of what is read: there to be looked through. */
export function otherPrefix(n: number): string {
  return `/mdapi/other${n}`;
}

/** Numbers below `count`, scattered, so that neighbours are not asked for in turn. */
export function scattered(count: number, wanted: number): number[] {
  return Array.from({ length: wanted }, (_, n) => (n * 7919) % count);
}

/** Something to send with a name, for the tables. */
export interface Traffic {
  side: Side;
  requests: PreparedRequest[];
}
