import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface RecordingProxy {
  readonly port: number;
  /** Every byte that has passed, one buffer per connection and direction: what a text is split over is joined. */
  recorded(): Buffer[];
  /** Cuts all connections, whatever is under way on them; new ones may come at once. */
  cut(): void;
  /** Cuts all connections and lets none in any more. Safe to call again. */
  close(): Promise<void>;
}

/** Stands between two programs on loopback and writes down what they say to each other. */
export async function startRecordingProxy(targetPort: number): Promise<RecordingProxy> {
  const directions: Buffer[][] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(targetPort, "127.0.0.1");
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      const parts: Buffer[] = [];
      directions.push(parts);
      sockets.add(from);
      from.on("data", (part: Buffer) => parts.push(part));
      from.on("error", () => to.destroy());
      from.on("close", () => sockets.delete(from));
      from.pipe(to);
    }
  });
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    recorded: () => directions.map((parts) => Buffer.concat(parts)),
    cut,
    async close() {
      cut();
      if (!server.listening) return;
      server.close();
      await once(server, "close");
    },
  };
}
