import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { fail, type Outcome, ok, skipped } from "./check.ts";
import type { FailureModeName } from "./failure-modes.ts";
import type { Peer } from "./peer.ts";

const timeMs = 5000;

/** Whether the peer's name stands for an address here. */
export async function lookAtName({ host, name }: Peer, unreachable: FailureModeName): Promise<Outcome> {
  if (isIP(host) !== 0) return skipped(`${host} is an address, there is nothing to look up`);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error("late"), { code: "ETIMEDOUT" })), timeMs);
  });
  try {
    const found = await Promise.race([lookup(host, { all: true }), late]);
    return ok(`${host} is ${found.map(({ address }) => address).join(", ")}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ETIMEDOUT" ? `no name server answered within ${timeMs / 1000} s` : `${code}`;
    return fail(
      unreachable,
      `the name ${host} is not known here (${why})`,
      `correct the address of ${name}, or this network's DNS`,
    );
  } finally {
    clearTimeout(timer);
  }
}
