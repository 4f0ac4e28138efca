import { Agent } from "undici";
import { AddressRefused, guardedLookup } from "./outbound-address.ts";

/** A set of keys has 1 to 10 KiB. */
export const replyBytesMax = 256 * 1024;
/** Within the 2 s that a whole request has: External Secrets waits with one worker. */
export const timeMsMax = 1500;
const agentsMax = 64;

export interface OutboundRequest {
  /** Checked by `parseOutboundUrl`. */
  url: URL;
  /** PEM of the only CA to trust; absent: the public ones. */
  ca?: string | undefined;
  /** Never in an error or a log. */
  bearer?: string | undefined;
  /** Sent by POST; absent: a GET. */
  json?: object;
  /** Default and most: {@link timeMsMax}. */
  timeMs?: number;
}

export interface OutboundReply {
  status: number;
  bytes: Buffer;
}

/** Why there was no reply to look at. The text says nothing of what was sent and where. */
export class OutboundFailure extends Error {}

/**
 * Calls to what vouches for tokens: API servers and identity providers. Each is limited in time and size, follows no
 * redirect, decompresses nothing, uses no proxy, and goes only where `outbound-address.ts` allows.
 */
export class Outbound {
  /** By origin and CA, the one used last at the end. */
  readonly #agents = new Map<string, Agent>();

  /** @throws {OutboundFailure} */
  async send(request: OutboundRequest): Promise<OutboundReply> {
    const { url, bearer, json } = request;
    const timeMs = Math.min(request.timeMs ?? timeMsMax, timeMsMax);
    if (timeMs <= 0) throw new OutboundFailure("no time was left to ask it");
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), timeMs);
    try {
      const reply = await this.#agentFor(request).request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: json === undefined ? "GET" : "POST",
        signal: abort.signal,
        headers: {
          // An API server gives its keys as application/jwk-set+json, and only to who takes that.
          accept: "application/json, */*;q=0.5",
          "accept-encoding": "identity",
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
          ...(json === undefined ? {} : { "content-type": "application/json" }),
        },
        body: json === undefined ? null : JSON.stringify(json),
        headersTimeout: timeMsMax,
        bodyTimeout: timeMsMax,
      });
      const status = reply.statusCode;
      // A body that is given up emits an error, which would end the process if nobody listened.
      reply.body.on("error", () => {});
      if (status >= 300 && status < 400) {
        reply.body.destroy();
        throw new OutboundFailure("it redirects elsewhere, which is not followed");
      }
      return { status, bytes: await readLimited(reply.body) };
    } catch (cause) {
      if (cause instanceof OutboundFailure) throw cause;
      throw new OutboundFailure(abort.signal.aborted ? "it did not answer in time" : reasonOf(cause));
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    const agents = [...this.#agents.values()];
    this.#agents.clear();
    await Promise.all(agents.map((agent) => agent.destroy()));
  }

  #agentFor({ url, ca }: OutboundRequest): Agent {
    const name = `${url.origin}\n${ca ?? ""}`;
    const agent = this.#agents.get(name) ?? newAgent(url, ca);
    this.#agents.delete(name);
    this.#agents.set(name, agent);
    const [oldest] = this.#agents;
    if (this.#agents.size > agentsMax && oldest !== undefined) {
      this.#agents.delete(oldest[0]);
      void oldest[1].close();
    }
    return agent;
  }
}

function newAgent(url: URL, ca: string | undefined): Agent {
  return new Agent({
    connections: 16,
    pipelining: 1,
    keepAliveTimeout: 10_000,
    connect: { timeout: timeMsMax, lookup: guardedLookup(url), ...(ca === undefined ? {} : { ca }) },
  });
}

async function readLimited(body: AsyncIterable<Buffer> & { destroy(): unknown }): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of body) {
    length += part.length;
    if (length > replyBytesMax) {
      body.destroy();
      throw new OutboundFailure(`its answer is longer than ${replyBytesMax} bytes`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts, length);
}

/** By code and never by message: a message may quote what was sent. */
function reasonOf(error: unknown): string {
  const chain = [error, ...((error as { errors?: unknown[] }).errors ?? []), (error as Error).cause];
  if (chain.some((one) => one instanceof AddressRefused))
    return "its name leads to an address that is not called: link-local, metadata or unspecified";
  const codes = chain.map((one) => (one as { code?: unknown } | undefined)?.code);
  const code = codes.find((one): one is string => typeof one === "string" && /^[A-Z_0-9]{1,60}$/.test(one));
  if (code === "ECONNREFUSED") return "it refuses connections";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `its name cannot be resolved (${code})`;
  if (code !== undefined && /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code))
    return `its certificate is not trusted (${code})`;
  return `it cannot be reached (${code ?? "connection lost"})`;
}
