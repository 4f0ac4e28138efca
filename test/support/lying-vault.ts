import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { parseAuthorization, signReply } from "@halfkey/crypto";

/** One exchange between gateway and vault, as the liar sees it. */
export interface Exchange {
  method: string;
  /** Path without query. */
  path: string;
  query: URLSearchParams;
  request: Record<string, unknown>;
  status: number;
  /** May be changed in place. */
  // biome-ignore lint/suspicious/noExplicitAny: a liar touches every shape
  reply: any;
}

/** Changes the reply, or answers `drop` to break the connection after the vault has done its work. */
export type Lie = (exchange: Exchange) => undefined | "drop" | Promise<undefined | "drop">;

/**
 * Stands in for a hostile vault: a proxy before the real one that holds the instance's vault key, as the vault's
 * operator does, so that whatever it changes is authenticated properly.
 */
export class LyingVault {
  readonly #server: Server;
  readonly #target: URL;
  /** Of the instance: known once it is enrolled. */
  vaultKey: Uint8Array | undefined;
  lie: Lie | undefined;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((incoming, outgoing) => {
      this.#serve(incoming)
        .then((answer) => {
          if (answer === "drop") incoming.socket.destroy();
          else outgoing.writeHead(answer.status, answer.headers).end(answer.body);
        })
        .catch(() => incoming.socket.destroy());
    });
  }

  static async before(target: string): Promise<LyingVault> {
    const liar = new LyingVault(target);
    await new Promise<void>((resolve) => liar.#server.listen(0, "127.0.0.1", resolve));
    return liar;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(
    incoming: IncomingMessage,
  ): Promise<{ status: number; headers: Record<string, string>; body: Buffer } | "drop"> {
    const body = await bytesOf(incoming);
    const { status, headers, reply } = await this.#forward(incoming, body);
    const contentType = { "content-type": "application/json" };
    const { lie, vaultKey } = this;
    const { authorization } = incoming.headers;
    if (lie === undefined || vaultKey === undefined || authorization === undefined) {
      const mac = headers["halfkey-mac"];
      return {
        status,
        headers: { ...contentType, ...(typeof mac === "string" ? { "halfkey-mac": mac } : {}) },
        body: reply,
      };
    }
    const url = new URL(incoming.url ?? "/", this.#target);
    const exchange: Exchange = {
      method: incoming.method ?? "GET",
      path: url.pathname,
      query: url.searchParams,
      request: body.length === 0 ? {} : JSON.parse(body.toString()),
      status,
      reply: JSON.parse(reply.toString()),
    };
    if ((await lie(exchange)) === "drop") return "drop";
    const lied = Buffer.from(JSON.stringify(exchange.reply));
    const requestMac = parseAuthorization(authorization).mac;
    const mac = signReply({ key: vaultKey, requestMac, status: exchange.status, body: lied });
    return { status: exchange.status, headers: { ...contentType, "halfkey-mac": mac }, body: lied };
  }

  #forward(
    incoming: IncomingMessage,
    body: Buffer,
  ): Promise<{ status: number; headers: IncomingMessage["headers"]; reply: Buffer }> {
    return new Promise((resolve, reject) => {
      const { authorization, "content-type": type } = incoming.headers;
      const forwarded = request(
        new URL(incoming.url ?? "/", this.#target),
        {
          method: incoming.method,
          headers: {
            ...(authorization === undefined ? {} : { authorization }),
            ...(type === undefined ? {} : { "content-type": type }),
            "content-length": body.length,
          },
        },
        (response) => {
          bytesOf(response).then(
            (reply) => resolve({ status: response.statusCode ?? 0, headers: response.headers, reply }),
            reject,
          );
        },
      );
      forwarded.on("error", reject);
      forwarded.end(body);
    });
  }
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
