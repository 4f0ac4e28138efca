import { Agent, type Dispatcher, ProxyAgent, request } from "undici";
import type { Credentials } from "./cluster-access.ts";
import { noAnswer, refusal } from "./failures.ts";

/** Every request but a watch must be answered in whole within this time. */
const timeoutMilliseconds = 10_000;

export interface ApiRequest {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Such as `/api/v1/namespaces/joplin`. */
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  /** Default: `application/json`. */
  contentType?: string;
  /** For errors: what was wanted, such as `get secret joplin/db`. */
  what: string;
  /** For errors: the verb and the resource that a role must allow. */
  right: string;
  /** What the server says of it may be repeated; a Secret's content may stand in it. */
  quotable: boolean;
}

/** Requests to one API server, over connections that are kept. */
export class ApiServer {
  readonly #credentials: Credentials;
  readonly #dispatcher: Dispatcher;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
    // A NAT or a node that dies in silence is noticed by TCP; see RFC 9293, 3.8.4.
    const connect = { keepAlive: true, keepAliveInitialDelay: 15_000, timeout: timeoutMilliseconds };
    const tls = {
      ...credentials.tls,
      ...(credentials.caPem === undefined ? {} : { ca: credentials.caPem }),
    };
    this.#dispatcher =
      credentials.proxyUrl === undefined
        ? new Agent({ connect: { ...connect, ...tls } })
        : new ProxyAgent({ uri: credentials.proxyUrl, requestTls: { ...connect, ...tls } });
  }

  get credentials(): Credentials {
    return this.#credentials;
  }

  /** @returns the answer's object. @throws {KubernetesError} */
  async send<T>(wanted: ApiRequest): Promise<T> {
    const signal = AbortSignal.timeout(timeoutMilliseconds);
    const response = await this.#open(wanted, signal, timeoutMilliseconds);
    try {
      return (await response.body.json()) as T;
    } catch (error) {
      throw noAnswer(wanted, this.#credentials.server, error);
    }
  }

  /** The lines of an answer that does not end by itself. @throws {KubernetesError} */
  async *lines(wanted: ApiRequest, signal: AbortSignal, silenceMilliseconds: number): AsyncGenerator<string> {
    const { body } = await this.#open(wanted, signal, silenceMilliseconds);
    let rest = "";
    try {
      body.setEncoding("utf8");
      for await (const chunk of body) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        yield* lines;
      }
    } catch (error) {
      throw noAnswer(wanted, this.#credentials.server, error);
    } finally {
      body.on("error", () => {}).destroy();
    }
  }

  /** Ends the connections; requests under way fail. */
  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }

  async #open(
    wanted: ApiRequest,
    signal: AbortSignal,
    bodyTimeout: number,
  ): Promise<Dispatcher.ResponseData> {
    const first = await this.#sendOnce(wanted, signal, bodyTimeout);
    // The token may just have been renewed by whoever gives it.
    const again = first.statusCode === 401 && this.#credentials.renew();
    if (again) await first.body.dump();
    const response = again ? await this.#sendOnce(wanted, signal, bodyTimeout) : first;
    if (response.statusCode >= 200 && response.statusCode < 300) return response;
    const text = await response.body.text().catch(() => "");
    throw refusal(wanted, this.#credentials.server, response.statusCode, text);
  }

  async #sendOnce(
    wanted: ApiRequest,
    signal: AbortSignal,
    bodyTimeout: number,
  ): Promise<Dispatcher.ResponseData> {
    const url = new URL(this.#credentials.server + wanted.path);
    for (const [name, value] of Object.entries(wanted.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    // Failures of a credential plugin are KubernetesErrors already.
    const headers = await this.#credentials.headers();
    try {
      return await request(url, {
        method: wanted.method,
        headers: {
          ...headers,
          accept: "application/json",
          "user-agent": "halfkey",
          ...(wanted.body === undefined ? {} : { "content-type": wanted.contentType ?? "application/json" }),
        },
        ...(wanted.body === undefined ? {} : { body: JSON.stringify(wanted.body) }),
        dispatcher: this.#dispatcher,
        signal,
        headersTimeout: timeoutMilliseconds,
        bodyTimeout,
      });
    } catch (error) {
      throw noAnswer(wanted, this.#credentials.server, error);
    }
  }
}
