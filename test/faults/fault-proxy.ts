import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What a bad network does; nothing given: it works. May be changed at any time, for connections that stand, too. */
export interface Weather {
  /** Nothing arrives in this direction, and nobody is told. */
  loses?: "requests" | "replies" | "both";
  /** Each piece arrives so much later, milliseconds; a function is asked for each. */
  latencyMs?: number | (() => number);
  /** Bytes of a reply that arrive a second. */
  dripBytes?: number;
  /** Bytes of a reply after which the connection breaks. */
  cutsAfter?: number;
  /** Connections are reset when the answer comes: what was asked has happened. */
  resetsReplies?: boolean;
  /** Connections end at once. */
  closes?: boolean;
}

/** The network between two programs on loopback. */
export class FaultProxy {
  weather: Weather = {};
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(targetPort: number) {
    this.#server = createServer((client) => {
      if (this.weather.closes === true) {
        client.destroy();
        return;
      }
      const target = connect(targetPort, "127.0.0.1");
      this.#carry(client, target, "requests");
      this.#carry(target, client, "replies");
    });
  }

  static async before(targetPort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetPort);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts all connections and lets none in any more. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }

  #carry(from: Socket, to: Socket, direction: "requests" | "replies"): void {
    this.#sockets.add(from);
    let carrying = Promise.resolve();
    from.on("data", (bytes: Buffer) => {
      const { latencyMs = 0 } = this.weather;
      // From now on, and not from when the piece before has arrived.
      const travel = sleep(typeof latencyMs === "number" ? latencyMs : latencyMs());
      carrying = carrying
        .then(() => travel)
        .then(() => this.#deliver(bytes, from, to, direction))
        .catch(() => {});
    });
    from.on("error", () => to.destroy());
    from.on("end", () => void carrying.then(() => to.end()));
    from.on("close", () => {
      this.#sockets.delete(from);
      void carrying.then(() => to.destroy());
    });
  }

  async #deliver(bytes: Buffer, from: Socket, to: Socket, direction: "requests" | "replies"): Promise<void> {
    const { loses, dripBytes, cutsAfter, resetsReplies } = this.weather;
    if (loses === "both" || loses === direction) return;
    if (direction === "requests") {
      to.write(bytes);
    } else if (resetsReplies === true) {
      to.resetAndDestroy();
      from.destroy();
    } else if (cutsAfter !== undefined) {
      to.write(bytes.subarray(0, cutsAfter), () => {
        to.destroy();
        from.destroy();
      });
    } else if (dripBytes !== undefined) {
      for (let at = 0; at < bytes.length && !to.destroyed; at += dripBytes) {
        to.write(bytes.subarray(at, at + dripBytes));
        await sleep(1000);
        if (this.weather.dripBytes === undefined) {
          to.write(bytes.subarray(at + dripBytes));
          return;
        }
      }
    } else to.write(bytes);
  }
}
