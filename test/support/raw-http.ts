import { readFileSync } from "node:fs";
import { connect, type TLSSocket } from "node:tls";
import type { DevJson } from "./product.ts";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RawExchange {
  readonly answers: readonly RawAnswer[];
  /** Whether the gateway closed the connection. */
  readonly closed: boolean;
  readonly tookMs: number;
}

export interface RawOptions {
  /** Answers to wait for; then the connection is closed from here. */
  readonly answers?: number;
  /** Gives up waiting after this; what came until then is returned. */
  readonly patienceMs?: number;
  /** The answers are to HEAD: they tell the length of a body that does not follow. */
  readonly withoutBodies?: boolean;
}

type Address = Pick<DevJson, "gatewayUrl" | "caFile">;

/** A TLS connection to the gateway, for bytes that no HTTP client would send. */
export async function openSocket({ gatewayUrl, caFile }: Address): Promise<TLSSocket> {
  const { hostname, port } = new URL(gatewayUrl);
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connect({ host: hostname, port: Number(port), ca: readFileSync(caFile) });
  socket.once("secureConnect", () => resolve(socket)).once("error", reject);
  return promise;
}

/** Sends bytes as they are and reads HTTP answers until there are enough, or the gateway hangs up. */
export async function sendRaw(
  address: Address,
  bytes: string | Uint8Array | readonly (string | Uint8Array)[],
  { answers: wanted = 1, patienceMs = 5000, withoutBodies = false }: RawOptions = {},
): Promise<RawExchange> {
  const began = performance.now();
  const socket = await openSocket(address);
  const received: Buffer[] = [];
  const over = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => over.resolve(false), patienceMs);
  socket.on("data", (chunk: Buffer) => {
    received.push(chunk);
    if (parseAnswers(Buffer.concat(received), withoutBodies).length >= wanted) over.resolve(false);
  });
  // A reset is a way of hanging up.
  socket.on("error", () => over.resolve(true));
  socket.on("close", () => over.resolve(true));
  for (const part of Array.isArray(bytes) ? bytes : [bytes]) socket.write(part as string | Uint8Array);
  const closed = await over.promise;
  clearTimeout(timer);
  socket.destroy();
  const answers = parseAnswers(Buffer.concat(received), withoutBodies);
  return { answers, closed, tookMs: performance.now() - began };
}

/** The whole answers at the start of a stream. Bodies have a length: the gateway sends no chunks for these. */
function parseAnswers(stream: Buffer, withoutBodies: boolean): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let at = 0; ; ) {
    const headEnd = stream.indexOf("\r\n\r\n", at);
    if (headEnd === -1) return answers;
    const [first = "", ...lines] = stream.subarray(at, headEnd).toString("latin1").split("\r\n");
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const start = headEnd + 4;
    const length = withoutBodies ? 0 : Number(headers["content-length"] ?? 0);
    if (stream.length < start + length) return answers;
    answers.push({
      status: Number(first.split(" ")[1]),
      headers,
      body: stream.subarray(start, start + length).toString(),
    });
    at = start + length;
  }
}
