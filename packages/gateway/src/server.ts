import { createHttpServer, type Log } from "@halfkey/runtime";
import type { FastifyInstance } from "fastify";
import { commands } from "./akeyless/commands.ts";
import { knownCommands } from "./akeyless/known-commands.ts";
import { routeOf } from "./akeyless/mounts.ts";
import { commandRouter, unknownCommand } from "./akeyless/router.ts";
import type { Gateway } from "./gateway.ts";
import { logDefect, notJson, sendError } from "./http-errors.ts";
import { Metrics } from "./metrics.ts";
import { derivedKeySelfTest, health, ready } from "./routes/health.ts";
import { ownCommands } from "./routes/own-commands.ts";

/** A value of 1 MiB may take six bytes a character in JSON. */
const bodyLimitBytes = 8 * 1024 * 1024;
/** Below the minute at which External Secrets refreshes: its idle connections must not pile up, nor race with ours. */
const keepAliveSeconds = 20;

/** Our own API, beside the Akeyless-compatible one. */
const ownPrefix = "/halfkey/v1/";

/** The gateway's only listener: health, and the Akeyless-compatible API at all its mounts. */
export function createGatewayServer(
  gateway: Gateway,
  log: Log,
  tls?: { cert: string; key: string },
): FastifyInstance {
  const server = createHttpServer({
    log,
    bodyLimitBytes,
    keepAliveSeconds,
    ...(tls === undefined ? {} : { tls }),
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    try {
      done(null, JSON.parse(body.toString("utf8")));
    } catch {
      // JSON's own message quotes the text, which may be a secret.
      done(notJson(), undefined);
    }
  });
  server.setErrorHandler((error, _request, reply) => {
    logDefect(log, error);
    return sendError(reply, error);
  });

  const services = () => gateway.services;
  const metrics = new Metrics(() => gateway.status);
  const runAkeyless = commandRouter({ built: commands, known: knownCommands }, services, { log, metrics });
  const runOwn = commandRouter({ built: ownCommands, known: new Set() }, services, { log, metrics });
  server.addHook("preClose", async () => gateway.endWaits());
  server.get("/*", async (request, reply) => {
    switch (routeOf(request.url)) {
      case "/health":
        return health(reply);
      case "/metrics":
        return reply.type(metrics.contentType).send(await metrics.text());
      case "/ready":
        return ready(gateway, reply);
      case "/api/derived-key":
      case "/fragment/health":
        return derivedKeySelfTest(gateway, reply);
      default:
        return reply.code(404).send({ error: "no such page; commands are sent with POST" });
    }
  });
  server.post("/*", async (request, reply) => {
    const route = routeOf(request.url);
    if (route.startsWith(ownPrefix)) return runOwn(route.slice(ownPrefix.length), request, reply);
    if (route === "" || route.indexOf("/", 1) !== -1) return sendError(reply, unknownCommand(route.slice(1)));
    return runAkeyless(route.slice(1), request, reply);
  });
  return server;
}
