import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { CallerError } from "@halfkey/model";

/**
 * Answers what the HTTP parser refuses, in the form of every other refusal. Nothing of the bytes is repeated or
 * logged: they may be anything.
 */
export function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  // An answer of which a part is sent must not be continued by another one.
  const { _httpMessage: under } = socket as Socket & { _httpMessage?: ServerResponse };
  // What went wrong before there was HTTP, such as a handshake that never came, has no answer.
  const isHttp = /^(HPE_|ERR_HTTP_)/.test(error.code ?? "");
  if (!socket.writable || !isHttp || under?.headersSent === true) {
    socket.destroy();
    return;
  }
  const { status, code, text } = refusalOf(error.code);
  const body = JSON.stringify({ error: text });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `halfkey-code: ${code}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

function refusalOf(cause: string | undefined): { status: string; code: string; text: string } {
  switch (cause) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { status: "408 Request Timeout", code: "E_INPUT", text: "the request did not arrive in time" };
    case "HPE_HEADER_OVERFLOW":
      return {
        status: "431 Request Header Fields Too Large",
        code: "E_TOO_LARGE",
        text: "the request's headers are too large",
      };
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return {
        status: "413 Payload Too Large",
        code: "E_TOO_LARGE",
        text: "the request's chunk extensions are too large",
      };
    default:
      return { status: "400 Bad Request", code: "E_INPUT", text: "the request is not well-formed HTTP" };
  }
}

/** Node would answer these two without a body. */
export function refuseExpectations(server: Server): void {
  server.on("checkExpectation", (_request: IncomingMessage, response: ServerResponse) => {
    const body = '{"error":"the request expects what this server does not do"}';
    const headers = {
      "content-type": "application/json",
      "content-length": body.length,
      "halfkey-code": "E_INPUT",
      connection: "close",
    };
    response.writeHead(417, headers).end(body);
  });
}

/**
 * A request names one host: with two of them, a proxy and this server may each believe another one (RFC 9112 §3.2).
 *
 * @returns why the request is refused, if it is.
 */
export function hostProblem({
  rawHeaders,
  httpVersionMajor,
  httpVersionMinor,
}: IncomingMessage): CallerError | undefined {
  if (httpVersionMajor < 1) return new CallerError("E_INPUT", "the request has no HTTP version");
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (name.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  if (hosts === 1 || (hosts === 0 && httpVersionMinor === 0)) return undefined;
  return new CallerError("E_INPUT", "the request must have exactly one Host header");
}
