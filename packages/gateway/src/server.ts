import { CallerError } from "@halfkey/model";
import { createHttpServer, type Log } from "@halfkey/runtime";
import { codeHeader } from "@halfkey/wire";
import type { FastifyInstance } from "fastify";
import { commands } from "./akeyless/commands.ts";
import { knownCommands } from "./akeyless/known-commands.ts";
import { derivedKeyPath, routeOf } from "./akeyless/mounts.ts";
import { commandRouter, unknownCommand } from "./akeyless/router.ts";
import { ClientAddress } from "./auth/client-address.ts";
import type { Gateway } from "./gateway.ts";
import { logDefect, readable, sendError } from "./http-errors.ts";
import { parseJsonBody } from "./json-body.ts";
import { Metrics } from "./metrics.ts";
import { derivedKey } from "./routes/derived-key.ts";
import { derivedKeySelfTest, health, ready } from "./routes/health.ts";
import { ownCommands } from "./routes/own-commands.ts";

/** A value of 1 MiB may take six bytes a character in JSON. */
const bodyLimitBytes = 8 * 1024 * 1024;
/** A body above the limit is read to its end and forgotten, if it is announced to be no longer than this. */
const drainedBytesMax = 64 * 1024 * 1024;
/** Below the minute at which External Secrets refreshes: its idle connections must not pile up, nor race with ours. */
const keepAliveSeconds = 20;

/** Our own API, beside the Akeyless-compatible one. */
const ownPrefix = "/halfkey/v1/";

/** The gateway's only listener: health, and the Akeyless-compatible API at all its mounts. */
export function createGatewayServer(
  gateway: Gateway,
  log: Log,
  options: { tls?: { cert: string; key: string } | undefined; trustedProxies: readonly string[] },
): FastifyInstance {
  const { tls, trustedProxies } = options;
  const server = createHttpServer({
    log,
    bodyLimitBytes,
    keepAliveSeconds,
    ...(tls === undefined ? {} : { tls }),
  });
  server.removeAllContentTypeParsers();
  server.addHook("onRequest", (_request, reply, done) => {
    // What is answered may be a secret: nobody on the way keeps it, and no browser guesses what it is.
    reply.header("cache-control", "no-store").header("x-content-type-options", "nosniff");
    done();
  });
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, ({ headers }, body, done) => {
    try {
      if ((headers["content-encoding"] ?? "identity") !== "identity")
        throw new CallerError("E_INPUT", "the request body must not be compressed");
      done(null, parseJsonBody(body as Buffer));
    } catch (error) {
      done(error as Error, undefined);
    }
  });
  server.setErrorHandler((error, { method, url, headers }, reply) => {
    logDefect(log, error);
    // A client that is still sending would see a broken connection in place of the refusal.
    const isAffordable = Number(headers["content-length"] ?? Number.POSITIVE_INFINITY) <= drainedBytesMax;
    if (readable(error).code === "E_TOO_LARGE" && isAffordable) reply.removeHeader("connection");
    const refused = method === "POST" ? commands.get(routeOf(url).slice(1)) : undefined;
    return sendError(reply, error, refused?.errorFields);
  });
  server.setNotFoundHandler(({ method }, reply) =>
    sendError(
      reply,
      new CallerError("E_ROUTE", `method ${method} is not served: commands are sent with POST`),
    ),
  );

  const services = () => gateway.services;
  const metrics = new Metrics(() => gateway.status);
  const parts = { log, metrics, addresses: new ClientAddress(trustedProxies) };
  const runAkeyless = commandRouter({ built: commands, known: knownCommands }, services, parts);
  const onlyDerivedKey = new Map([[derivedKey.name, derivedKey]]);
  const runDerivedKey = commandRouter({ built: onlyDerivedKey, known: new Set() }, services, parts);
  const runOwn = commandRouter({ built: ownCommands, known: new Set() }, services, parts);
  server.addHook("preClose", async () => gateway.endWaits());
  server.get("/*", async (request, reply) => {
    switch (routeOf(request.url)) {
      case "/health":
        return health(reply);
      case "/metrics":
        return reply.type(metrics.contentType).send(await metrics.text(gateway.nudgeMetrics?.all));
      case "/ready":
        return ready(gateway, reply);
      case derivedKeyPath:
      case "/fragment/health":
        return derivedKeySelfTest(gateway, reply);
      default:
        return reply
          .code(404)
          .header(codeHeader, "E_ROUTE")
          .send({ error: "no such page; commands are sent with POST" });
    }
  });
  server.post("/*", async (request, reply) => {
    const route = routeOf(request.url);
    if (route === derivedKeyPath) return runDerivedKey(derivedKey.name, request, reply);
    if (route.startsWith(ownPrefix)) return runOwn(route.slice(ownPrefix.length), request, reply);
    if (route === "" || route.indexOf("/", 1) !== -1) return sendError(reply, unknownCommand(route.slice(1)));
    return runAkeyless(route.slice(1), request, reply);
  });
  return server;
}
