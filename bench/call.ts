import { HttpConnection, type Reply, requestBytes } from "./http-connection.ts";
import type { PreparedRequest } from "./load.ts";

/** Asks a few things of a server over one connection, for setting it up. */
export class Caller {
  readonly #address: { host: string; port: number; ca: string };
  readonly #host: string;

  constructor({ url, ca }: { url: string; ca: string }) {
    const { hostname, port, host } = new URL(url);
    this.#address = { host: hostname, port: Number(port), ca };
    this.#host = host;
  }

  async ask(request: PreparedRequest): Promise<Reply> {
    const connection = await HttpConnection.open(this.#address);
    try {
      return await connection.send(requestBytes(request, this.#host));
    } finally {
      connection.close();
    }
  }

  /** @returns the reply's JSON. @throws {Error} for anything but 2xx; it names the path, never the body sent. */
  async askJson<T>(request: PreparedRequest): Promise<T> {
    const { status, body } = await this.ask(request);
    if (status < 200 || status > 299)
      throw new Error(`${request.method} ${request.path} answered ${status}: ${body.slice(0, 200)}`);
    return (body === "" ? {} : JSON.parse(body)) as T;
  }
}

/** Repeats until it succeeds. @throws the last error after 30 s. */
export async function eventually<T>(action: () => Promise<T>, pauseMs = 20): Promise<T> {
  const end = performance.now() + 30_000;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
