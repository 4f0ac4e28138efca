import { connect } from "node:net";
import { fail, type Outcome, ok } from "./check.ts";
import type { FailureModeName } from "./failure-modes.ts";
import { type Peer, placeOf } from "./peer.ts";

const timeMs = 5000;

const reasons: Record<string, string> = {
  ECONNREFUSED: "nothing listens at",
  ETIMEDOUT: `no answer within ${timeMs / 1000} s from`,
  EHOSTUNREACH: "no way leads to",
  ENETUNREACH: "no way leads to",
  ECONNRESET: "the connection was broken by",
};

/** Whether something accepts connections at the peer's address. */
export async function lookAtPort(peer: Peer, unreachable: FailureModeName, next?: string): Promise<Outcome> {
  const begun = performance.now();
  const code = await new Promise<string | undefined>((resolve) => {
    const socket = connect({ host: peer.host, port: peer.port });
    const end = (found: string | undefined) => {
      socket.destroy();
      resolve(found);
    };
    socket.setTimeout(timeMs, () => end("ETIMEDOUT"));
    socket.once("connect", () => end(undefined));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.name));
  });
  const place = placeOf(peer);
  if (code === undefined)
    return ok(`${place} accepts connections, ${Math.ceil(performance.now() - begun)} ms`);
  return fail(unreachable, `${reasons[code] ?? "no connection to"} ${place} (${code})`, next);
}
