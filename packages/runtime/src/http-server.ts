import type { Socket } from "node:net";
import { OperatorError } from "@halfkey/model";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { limitLargeBodies } from "./large-bodies.ts";
import { limitLargeReplies } from "./large-replies.ts";
import type { Log } from "./log.ts";
import { answerMalformed, hostProblem, refuseExpectations } from "./malformed-http.ts";

const requestSeconds = 30;
const headersSeconds = 15;
const handshakeSeconds = 10;
/** How late the two above may be noticed; Node's own 30 s would double them. */
const timeoutCheckSeconds = 5;
/**
 * Without a byte in either direction. Longer than any long poll; whoever asks for megabytes and never reads them must
 * not hold them here for ever.
 */
const silenceSeconds = 90;
const connectionsMax = 8192;
/** From the begin of an orderly stop; no request may take longer. */
const closeSeconds = 3;
/** Bodies of the greatest size that may be held at once; and as many bytes of replies. */
const greatestBodies = 32;

/**
 * A Fastify server with this house's limits. Routes and the error handler are the caller's.
 *
 * One line is logged for every answer: method, route pattern, status, duration, code and request id, and what
 * `logFields` adds; never a URL, which may hold a name, nor a body.
 */
export function createHttpServer(options: {
  log: Log;
  tls?: { cert: string; key: string };
  bodyLimitBytes: number;
  keepAliveSeconds: number;
  logFields?: (request: FastifyRequest) => object;
}): FastifyInstance {
  const { log, tls, bodyLimitBytes, keepAliveSeconds, logFields } = options;
  const http = {
    connectionsCheckingInterval: timeoutCheckSeconds * 1000,
    // Refused by us, as JSON.
    requireHostHeader: false,
  };
  const https = {
    ...http,
    ...tls,
    minVersion: "TLSv1.3" as const,
    handshakeTimeout: handshakeSeconds * 1000,
  };
  const server = Fastify({
    ...(tls === undefined ? { http } : { https }),
    logger: false,
    genReqId: generateRequestId,
    // Never taken from the client: it would write into our log.
    requestIdHeader: false,
    bodyLimit: bodyLimitBytes,
    keepAliveTimeout: keepAliveSeconds * 1000,
    requestTimeout: requestSeconds * 1000,
    connectionTimeout: silenceSeconds * 1000,
    // What still comes over an open connection is answered like any other, and the connection closed: Fastify's own
    // refusal has neither our form nor a code.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    exposeHeadRoutes: false,
    clientErrorHandler: answerMalformed,
    frameworkErrors: (_error, _request, reply: FastifyReply) =>
      reply
        .code(400)
        .header("halfkey-code", "E_ROUTE")
        .send({ error: "the request's URL is not well-formed" }),
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: false },
    },
  }) as unknown as FastifyInstance;
  server.server.headersTimeout = headersSeconds * 1000;
  server.server.maxConnections = connectionsMax;
  refuseExpectations(server.server);
  endConnectionsInTime(server);

  server.addHook("onRequest", (request, reply, done) => {
    reply.header("halfkey-request", request.id);
    done(hostProblem(request.raw));
  });
  limitLargeBodies(server, { budgetBytes: greatestBodies * bodyLimitBytes, bodyLimitBytes });
  limitLargeReplies(server, greatestBodies * bodyLimitBytes);
  server.addHook("onResponse", (request, reply, done) => {
    const code = codeOf(reply.getHeader("halfkey-code"));
    const { statusCode } = reply;
    const fields = {
      request: request.id,
      method: request.method,
      route: request.routeOptions.url ?? "-",
      status: statusCode,
      durationMs: Math.round(reply.elapsedTime * 100) / 100,
      ...(code === undefined ? {} : { code }),
      ...logFields?.(request),
    };
    if (statusCode >= 500) log.warn(fields, "answered");
    else log.info(fields, "answered");
    done();
  });
  return server;
}

/**
 * Begins to accept connections. Port 0 takes a free one, which is returned.
 *
 * @throws {OperatorError} E_INPUT where the port is taken or not allowed, or the host is no address of this machine.
 */
export async function listen(
  server: FastifyInstance,
  address: { host: string; port: number },
): Promise<{ port: number }> {
  const { host, port } = address;
  try {
    await server.listen({ host, port });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "EADDRINUSE")
      throw new OperatorError(
        "E_INPUT",
        `port ${port} on ${host} is in use: give another one with --port, or stop the program that has it`,
        { cause },
      );
    if (code === "EACCES")
      throw new OperatorError(
        "E_INPUT",
        `port ${port} on ${host} is not allowed for this user: give one above 1023 with --port`,
        { cause },
      );
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN")
      throw new OperatorError("E_INPUT", `${host} is no address of this machine: give one with --host`, {
        cause,
      });
    throw cause;
  }
  const bound = server.server.address();
  return { port: typeof bound === "object" && bound !== null ? bound.port : port };
}

/**
 * A connection on which nothing was ever sent counts as busy, and its timeouts end with the server's close: whoever
 * holds one could hold up every orderly stop.
 */
function endConnectionsInTime(server: FastifyInstance): void {
  const open = new Set<Socket>();
  server.server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  server.addHook("preClose", (done) => {
    const end = () => {
      for (const socket of open) socket.destroy();
    };
    setTimeout(end, closeSeconds * 1000).unref();
    done();
  });
}

/** Not secret: they are drawn many at once, as a draw costs more than all else about them. */
const requestIds = Buffer.alloc(512 * 8);
let requestIdAt = requestIds.length;

function generateRequestId(): string {
  if (requestIdAt === requestIds.length) {
    crypto.getRandomValues(requestIds);
    requestIdAt = 0;
  }
  requestIdAt += 8;
  return requestIds.toString("hex", requestIdAt - 8, requestIdAt);
}

function codeOf(header: unknown): string | undefined {
  return typeof header === "string" ? header : undefined;
}
