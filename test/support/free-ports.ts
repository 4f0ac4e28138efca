import { createServer } from "node:net";

/** Below the range from which the system takes ports for outgoing connections: none of those can get in between. */
const lowest = 20_000;
const highest = 32_000;

/**
 * Finds consecutive ports on 127.0.0.1 that nothing listens on, and returns the first. They are not held: the start is
 * drawn at random, so that suites that look at the same moment hardly ever meet.
 */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const first = lowest + Math.floor((Math.random() * (highest - lowest)) / count) * count;
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`no ${count} consecutive free ports between ${lowest} and ${highest}`);
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.on("error", () => resolve(false));
  server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  return promise;
}
