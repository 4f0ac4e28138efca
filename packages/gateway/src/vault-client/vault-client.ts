import { randomBytes, signRequest, verifyReply } from "@halfkey/crypto";
import { type ErrorCode, OperatorError } from "@halfkey/model";
import { replyMacHeader, vaultLimits } from "@halfkey/wire";
import { Agent, type Dispatcher } from "undici";
import type { Deadline } from "../deadline.ts";

export interface VaultClientOptions {
  url: string;
  /** PEM of the only CA to trust; absent: the public ones. */
  ca?: string | undefined;
  /** Hex id of this instance and its 32-byte vault key. */
  instance: string;
  key: Uint8Array;
}

export interface VaultReply {
  status: number;
  /** Parsed JSON of an authenticated reply; its shape is still to be checked. */
  body: unknown;
  /** Monotonic time at which the request was sent. */
  sentAt: number;
}

export interface VaultRequest {
  method: "GET" | "POST";
  /** Path and query, exactly as signed. */
  target: string;
  body?: unknown;
  deadline: Deadline;
  /** The largest reply this request can have; a longer one is cut off. */
  replyBytesMax: number;
  /** Statuses besides 200 that the caller handles himself. */
  accept?: readonly number[];
}

const noBody = new Uint8Array(0);

/**
 * Speaks the vault's protocol: signs every request, believes only authenticated replies, and turns every
 * refusal into an OperatorError. It retries nothing but a request refused for its clock.
 */
export class VaultClient {
  readonly #options: VaultClientOptions;
  readonly #dispatcher: Agent;
  readonly #origin: string;
  /** Vault clock minus ours, in milliseconds: request times follow the vault, token expiry never does. */
  #clockOffsetMs = 0;

  constructor(options: VaultClientOptions) {
    this.#options = options;
    this.#origin = new URL(options.url).origin;
    this.#dispatcher = new Agent({
      connections: 16,
      keepAliveTimeout: 30_000,
      pipelining: 1,
      connect: { timeout: 2000, ...(options.ca === undefined ? {} : { ca: options.ca }) },
    });
  }

  async request(request: VaultRequest): Promise<VaultReply> {
    try {
      return await this.#once(request);
    } catch (error) {
      // The refusal has set the offset: the same request may now pass.
      if (error instanceof OperatorError && error.code === "E_CLOCK" && !request.deadline.passed)
        return this.#once(request);
      throw error;
    }
  }

  /** One POST without authentication: enrolment, where the code in the body is the authority. */
  async enrol(body: object, deadline: Deadline): Promise<void> {
    const { status, bytes } = await this.#send({
      method: "POST",
      path: "/v1/enrol",
      body: JSON.stringify(body),
      deadline,
      replyBytesMax: 65_536,
    });
    if (status === 200 || status === 201) return;
    const { error = "no reason given", code } = parseObject(bytes) as { error?: string; code?: string };
    throw new OperatorError(
      code === "E_RATE" ? "E_RATE" : "E_INPUT",
      `the vault refused the enrolment code: ${error}`,
    );
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #once({
    method,
    target,
    body,
    deadline,
    replyBytesMax,
    accept = [],
  }: VaultRequest): Promise<VaultReply> {
    const { key, instance } = this.#options;
    const bytes = body === undefined ? noBody : Buffer.from(JSON.stringify(body));
    const time = Date.now() + this.#clockOffsetMs;
    const { authorization, mac } = signRequest({
      key,
      method,
      target,
      instance,
      time,
      body: bytes,
      nonce: randomBytes(16),
    });
    const sentAt = performance.now();
    const reply = await this.#send({
      method,
      path: target,
      ...(body === undefined ? {} : { body: bytes }),
      headers: { authorization },
      deadline,
      replyBytesMax,
    });
    const sent = reply.headers[replyMacHeader];
    const genuine =
      typeof sent === "string" &&
      verifyReply({ key, requestMac: mac, status: reply.status, body: reply.bytes, mac: sent });
    if (!genuine) throw this.#unauthenticated(reply.status, reply.bytes);
    const parsed = parseObject(reply.bytes);
    if (reply.status === 200 || accept.includes(reply.status))
      return { status: reply.status, body: parsed, sentAt };
    throw this.#refusal(parsed as { code?: string; error?: string; time?: number }, reply.status);
  }

  async #send(request: {
    method: "GET" | "POST";
    path: string;
    body?: Uint8Array | string;
    headers?: Record<string, string>;
    deadline: Deadline;
    replyBytesMax: number;
  }): Promise<{ status: number; headers: Record<string, string | string[] | undefined>; bytes: Buffer }> {
    const left = request.deadline.leftMs;
    if (left === 0) throw new OperatorError("E_VAULT", "no time left to ask the vault");
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), left);
    try {
      const reply = await this.#dispatcher.request({
        origin: this.#origin,
        method: request.method,
        path: request.path,
        signal: abort.signal,
        headers: {
          ...request.headers,
          ...(request.body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(request.body === undefined ? {} : { body: request.body }),
        headersTimeout: left + 100,
        bodyTimeout: left + 100,
      });
      return {
        status: reply.statusCode,
        headers: reply.headers,
        bytes: await readLimited(reply.body, request.replyBytesMax),
      };
    } catch (cause) {
      if (cause instanceof OperatorError) throw cause;
      const why = abort.signal.aborted ? "did not answer in time" : reasonOf(cause);
      throw new OperatorError("E_VAULT", `vault ${this.#origin} ${why}`);
    } finally {
      clearTimeout(timer);
    }
  }

  #refusal(
    { code, error, time }: { code?: string; error?: string; time?: number },
    status: number,
  ): OperatorError {
    if (code === "E_CLOCK" && Number.isSafeInteger(time)) this.#clockOffsetMs = (time as number) - Date.now();
    const known: readonly ErrorCode[] = [
      "E_REVOKED",
      "E_CLOCK",
      "E_FORMAT",
      "E_STATE",
      "E_WRITER",
      "E_RATE",
      "E_TOO_LARGE",
    ];
    const ours = known.find((one) => one === code) ?? "E_VAULT";
    return new OperatorError(ours, `the vault refused with status ${status}: ${error ?? "no reason given"}`);
  }

  /** Nothing in such a reply is believed but a clock's time, which can only make our next request fail. */
  #unauthenticated(status: number, bytes: Buffer): OperatorError {
    if (status === 401) {
      let said: { code?: string; time?: number } = {};
      try {
        said = parseObject(bytes) as typeof said;
      } catch {
        // Not even JSON: said stays empty.
      }
      if (said.code === "E_CLOCK") return this.#refusal(said, status);
      return new OperatorError("E_VAULT", "the vault does not know this gateway, or has another key for it");
    }
    return new OperatorError("E_VAULT", `a reply with status ${status} was not authenticated by the vault`);
  }
}

async function readLimited(body: Dispatcher.ResponseData["body"], bytesMax: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of body) {
    length += part.length;
    if (length > bytesMax) {
      body.destroy();
      throw new OperatorError(
        "E_FORMAT",
        `the vault's reply is longer than the ${bytesMax} bytes it can have`,
      );
    }
    parts.push(part);
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, length);
}

function parseObject(bytes: Buffer): unknown {
  try {
    const parsed: unknown = JSON.parse(bytes.toString("utf8"));
    if (typeof parsed === "object" && parsed !== null) return parsed;
  } catch {
    // Falls through: neither case is a reply.
  }
  throw new OperatorError("E_FORMAT", "the vault's reply is not a JSON object");
}

/** A connection error's code, never its message: messages may quote what was sent. */
function reasonOf(cause: unknown): string {
  const code = (cause as { code?: unknown }).code ?? (cause as { cause?: { code?: unknown } }).cause?.code;
  if (code === "ECONNREFUSED") return "refuses connections: is it running?";
  if (typeof code === "string" && /CERT|SELF_SIGNED|UNABLE_TO/.test(code))
    return `has a certificate that is not trusted (${code}): check --vault-ca`;
  return `cannot be reached (${typeof code === "string" ? code : "connection lost"})`;
}

/** Room for one batch's JSON around its payload. */
export const replyOverheadBytes = 64 * 1024;
export const largestReplyBytes = vaultLimits.bodyBytes * 2;
