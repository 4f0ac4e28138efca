import { CallerError } from "@halfkey/model";
import { createHttpServer, type Log } from "@halfkey/runtime";
import { replyMacHeader, vaultLimits } from "@halfkey/wire";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Authenticator } from "./authenticator.ts";
import type { FragmentKeeper } from "./fragment/fragment-keeper.ts";
import { JournalWaiters } from "./journal-waiters.ts";
import { appendRoute } from "./routes/append-route.ts";
import { enrolRoute } from "./routes/enrol-route.ts";
import { pushRoute } from "./routes/push-route.ts";
import { readRoutes } from "./routes/read-routes.ts";
import { sendRefusal } from "./routes/refusal.ts";
import { shareRoutes } from "./routes/share-routes.ts";
import type { VaultStore } from "./store/vault-store.ts";
import type { VaultKeys } from "./vault-keys.ts";

export interface VaultParts {
  store: VaultStore;
  keys: VaultKeys;
  keeper: FragmentKeeper;
  log: Log;
  /** Milliseconds since 1970. */
  now: () => number;
  tls?: { cert: string; key: string };
}

const keepAliveSeconds = 65;
/** How often connections that have become idle are closed while the server stops. */
const closeIdleMs = 50;

/** The vault's HTTP surface, not yet listening. `stop` answers what is under way, long polls at once. */
export function createVaultServer(parts: VaultParts): { server: FastifyInstance; stop(): Promise<void> } {
  const { store, keys, log, now, tls } = parts;
  const server = createHttpServer({
    log,
    ...(tls === undefined ? {} : { tls }),
    bodyLimitBytes: vaultLimits.bodyBytes,
    keepAliveSeconds,
    logFields: ({ peer }) => (peer === null ? {} : { instance: peer.name }),
  });
  const waiters = new JournalWaiters(store);
  const authenticator = new Authenticator(store, keys, now);

  server.decorateRequest("peer", null);
  server.removeAllContentTypeParsers();
  // The MAC covers the bytes as they came: nothing is parsed before it has been checked.
  server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  server.setErrorHandler((error, request, reply) => sendRefusal(error, request, reply, log, now()));
  server.addHook("onRequest", async (_request, reply) => {
    reply.header("content-type", "application/json; charset=utf-8").header("cache-control", "no-store");
  });
  server.addHook("onSend", async (request, reply, payload) => {
    const body = typeof payload === "string" ? Buffer.from(payload) : payload;
    if (request.peer !== null) {
      const bytes = body instanceof Uint8Array ? body : Buffer.alloc(0);
      reply.header(replyMacHeader, request.peer.sign(reply.statusCode, bytes));
    }
    return body;
  });

  const authenticate = async (request: FastifyRequest): Promise<void> => {
    const body = request.body instanceof Uint8Array ? request.body : Buffer.alloc(0);
    const { method, url } = request.raw;
    const { authorization } = request.headers;
    const signed = { authorization, method: method ?? "", target: url ?? "", body };
    request.peer = await authenticator.authenticate(signed);
    if (request.peer.refusal !== undefined) throw request.peer.refusal;
    parseBody(request);
  };

  server.get("/health", async () => `{"status":"ok"}`);
  server.register(async (open) => {
    open.addHook("preValidation", async (request) => parseBody(request));
    enrolRoute(open, { store, keys, log, now });
  });
  server.register(async (closed) => {
    closed.addHook("preValidation", authenticate);
    readRoutes(closed, { store, waiters, now });
    shareRoutes(closed, parts);
    appendRoute(closed, { store, waiters, keeper: parts.keeper });
    pushRoute(closed, { store, waiters });
  });
  server.setNotFoundHandler({ preValidation: authenticate }, async () => {
    throw new CallerError("E_NOT_FOUND", "the vault has no such endpoint");
  });

  return {
    server,
    async stop() {
      waiters.close();
      const timer = setInterval(() => server.server.closeIdleConnections(), closeIdleMs);
      await server.close();
      clearInterval(timer);
    },
  };
}

function parseBody(request: FastifyRequest): void {
  if (!(request.body instanceof Uint8Array)) return;
  try {
    request.body = JSON.parse(Buffer.from(request.body).toString("utf8"));
  } catch {
    throw new CallerError("E_INPUT", "the body is not JSON");
  }
}
