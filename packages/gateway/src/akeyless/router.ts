import { type Caller, CallerError, parseItemPath } from "@halfkey/model";
import type { Log } from "@halfkey/runtime";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isRecorded, operationName } from "../audit/operations.ts";
import { RequestAudit } from "../audit/request-audit.ts";
import type { ClientAddress } from "../auth/client-address.ts";
import { Deadline, requestBudgetMs } from "../deadline.ts";
import { logDefect, readable, sendError } from "../http-errors.ts";
import type { Metrics } from "../metrics.ts";
import type { Services } from "../services.ts";
import type { Command } from "./command.ts";
import { readRequest } from "./read-request.ts";

const nobody: Caller = { accessId: "", tokenId: "", claims: {} };

/** Names of commands: which are built, and which are known without being built. */
export interface CommandSet {
  built: ReadonlyMap<string, Command>;
  known: ReadonlySet<string>;
}

export interface RouterParts {
  log: Log;
  metrics: Metrics;
  addresses: ClientAddress;
}

/**
 * `POST <mount>/<command>`: finds the command, proves the caller, reads the request, runs it. The token is
 * looked at before anything else in the body, and a refusal never depends on what exists.
 *
 * @param services Gives the running services, or throws the reason why there are none yet.
 */
export function commandRouter(
  { built, known }: CommandSet,
  services: () => Services,
  { log, metrics, addresses }: RouterParts,
) {
  return async (name: string, request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const command = built.get(name);
    if (command === undefined) {
      return sendError(reply, known.has(name) ? unsupported(name) : unknownCommand(name));
    }
    const arrived = performance.now();
    try {
      const result = await run(command, services(), request, addresses);
      metrics.observe(name, "ok", performance.now() - arrived);
      return reply.code(command.status ?? 200).send(result);
    } catch (error) {
      logDefect(log, error);
      metrics.observe(name, readable(error).code, performance.now() - arrived);
      return sendError(reply, error, command.errorFields);
    }
  };
}

async function run(
  command: Command,
  services: Services,
  { id, ip, headers, body: given }: FastifyRequest,
  addresses: ClientAddress,
): Promise<unknown> {
  const deadline = Deadline.in(requestBudgetMs);
  const forwarded = headers["x-forwarded-for"];
  const address = addresses.of(ip, Array.isArray(forwarded) ? forwarded.join(",") : forwarded);
  const body = command.bearer ? withBearer(bodyOf(given), headers.authorization) : bodyOf(given);
  const audit = new RequestAudit(services.audit.recorder, operationName(command.name), { id, address });
  try {
    const caller = command.open
      ? nobody
      : await services.authenticator.authenticate(tokenOf(body), address, deadline);
    if (!command.open) audit.identify(caller);
    if (isRecorded(command.name)) audit.assertWritable();
    return await command.run(services, {
      caller,
      request: readRequest(command.request, body),
      address,
      deadline,
      audit,
    });
  } catch (error) {
    await audit.refused(error, pathIn(body));
    throw error;
  }
}

/** The path that a refused request was about, for the audit log; only if it is one. */
function pathIn({ name, source }: Readonly<Record<string, unknown>>): string | undefined {
  const given = name ?? source;
  try {
    return typeof given === "string" ? parseItemPath(given) : undefined;
  } catch {
    return undefined;
  }
}

function tokenOf(body: Readonly<Record<string, unknown>>): string {
  const token = Object.hasOwn(body, "token") ? body.token : undefined;
  if (typeof token === "string" && token !== "") return token;
  throw new CallerError(
    "E_TOKEN",
    "Status 401 Unauthorized, Error: UnauthorizedAccess. Message: missing token",
  );
}

/** Some clients send the token as a bearer; it counts where the body has none. */
function withBearer(
  body: Readonly<Record<string, unknown>>,
  authorization: string | undefined,
): Readonly<Record<string, unknown>> {
  const bearer = /^Bearer (\S{1,4096})$/i.exec(authorization ?? "")?.[1];
  return bearer === undefined || Object.hasOwn(body, "token") ? body : { ...body, token: bearer };
}

function bodyOf(body: unknown): Readonly<Record<string, unknown>> {
  if (body === undefined || body === null) return {};
  if (typeof body !== "object" || Array.isArray(body))
    throw new CallerError("E_INPUT", "the request body must be a JSON object");
  return body as Record<string, unknown>;
}

export function unknownCommand(name: string): CallerError {
  // Clients look for the words "unknown command" to recognise a gateway by its bare URL.
  return new CallerError("E_ROUTE", `unknown command ${JSON.stringify(name.slice(0, 60))}`);
}

function unsupported(name: string): CallerError {
  return new CallerError("E_UNSUPPORTED", `command ${name} is not supported by this gateway`);
}
