import { connect, type TLSSocket } from "node:tls";

/** What came back: the status, and the body where the caller asked for it. */
export interface Reply {
  status: number;
  body: string;
}

const headEnd = Buffer.from("\r\n\r\n");
const lastChunk = Buffer.from("0\r\n\r\n");

/**
 * One keep-alive TLS connection that sends prepared bytes and waits for the whole reply. As little as a client can
 * do: the generator must not be what is measured.
 */
export class HttpConnection {
  readonly #socket: TLSSocket;
  #received: Buffer | undefined;
  #answered: ((reply: Reply) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", (error) => this.#end(error));
    socket.on("close", () => this.#end(new Error("the server closed the connection")));
  }

  static open(address: { host: string; port: number; ca: string }): Promise<HttpConnection> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpConnection>();
    const socket = connect({ ...address, servername: "localhost", ALPNProtocols: ["http/1.1"] });
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      socket.off("error", reject);
      resolve(new HttpConnection(socket));
    });
    return promise;
  }

  /** One at a time. @throws {Error} where the connection breaks. */
  send(request: Buffer): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    this.#answered = resolve;
    this.#failed = reject;
    this.#socket.write(request);
    return promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    const all = this.#received === undefined ? chunk : Buffer.concat([this.#received, chunk]);
    const reply = parseReply(all);
    this.#received = reply === undefined ? all : undefined;
    if (reply !== undefined) this.#answered?.(reply);
  }

  #end(error: Error): void {
    this.#failed?.(error);
  }
}

/** @returns undefined while the reply is not whole. */
function parseReply(bytes: Buffer): Reply | undefined {
  const end = bytes.indexOf(headEnd);
  if (end === -1) return undefined;
  const head = bytes.toString("latin1", 0, end);
  const status = Number(head.slice(9, 12));
  const bodyStart = end + headEnd.length;
  if (status === 204) return { status, body: "" };
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  // Without a length the servers measured here send chunks.
  const isWhole =
    length === undefined
      ? bytes.subarray(bodyStart).subarray(-lastChunk.length).equals(lastChunk)
      : bytes.length >= bodyStart + Number(length);
  return isWhole ? { status, body: bytes.toString("utf8", bodyStart) } : undefined;
}

/** A request's bytes, made once and sent often. */
export function requestBytes(
  request: { method: string; path: string; headers?: Record<string, string>; body?: string },
  host: string,
): Buffer {
  const { method, path, headers = {}, body } = request;
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (body !== undefined)
    lines.push("Content-Type: application/json", `Content-Length: ${Buffer.byteLength(body)}`);
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body ?? ""}`);
}
