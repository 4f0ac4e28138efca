import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { buffer } from "node:stream/consumers";
import type { DevJson } from "./product.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** What a request consists of; a body that is no text or bytes is sent as JSON. */
export interface HttpRequest {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | object;
}

/** Well-formed HTTP with any content, for tests that look at every part of the answer. */
export class GatewayHttp {
  readonly #url: string;
  readonly #agent: Agent;

  constructor({ gatewayUrl, caFile }: Pick<DevJson, "gatewayUrl" | "caFile">) {
    this.#url = gatewayUrl;
    this.#agent = new Agent({ ca: readFileSync(caFile), keepAlive: true, maxSockets: 64 });
  }

  async ask({ path, method = "POST", headers = {}, body = "" }: HttpRequest): Promise<HttpAnswer> {
    const bytes =
      typeof body === "string" || body instanceof Uint8Array ? Buffer.from(body as string) : jsonOf(body);
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const asking = request(
      `${this.#url}${path}`,
      {
        method,
        agent: this.#agent,
        // The header Host may say anything.
        servername: "localhost",
        headers: { "content-type": "application/json", "content-length": String(bytes.length), ...headers },
      },
      (response) => {
        buffer(response).then(
          (text) =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers as Record<string, string>,
              text: text.toString(),
            }),
          reject,
        );
      },
    );
    asking.on("error", reject);
    asking.end(bytes);
    return promise;
  }

  /** Closes the kept connections, which would hold the test's process. */
  close(): void {
    this.#agent.destroy();
  }
}

function jsonOf(body: object): Buffer {
  return Buffer.from(JSON.stringify(body));
}
