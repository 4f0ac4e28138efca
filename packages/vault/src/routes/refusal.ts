import { CryptoError } from "@halfkey/crypto";
import { CallerError, type ErrorCode, HalfkeyError, OperatorError } from "@halfkey/model";
import type { Log } from "@halfkey/runtime";
import { codeHeader, httpStatusOf } from "@halfkey/wire";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { isDiskFull } from "../store/sqlite/database-error.ts";

/** Where this surface differs from the gateway's, whose callers know nothing of entries and instances. */
const ownStatuses: Partial<Record<ErrorCode, number>> = {
  E_REVOKED: 401,
  E_CLOCK: 401,
  E_BLOB: 422,
  E_STATE: 422,
  E_WRITER: 422,
};
const diskFullStatus = 507;

/** Answers a failure as `{"error", "code"}`; with the vault's `time` where the refusal is about clocks. */
export function sendRefusal(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Log,
  now: number,
) {
  const known = knownError(error);
  if (known === undefined || known instanceof OperatorError) {
    if (known?.code !== "E_REVOKED")
      log.error({ request: request.id, error: known ?? error }, "request failed");
  }
  const { code, message } = known ?? {
    code: "E_INTERNAL" as const,
    message: "a defect of the vault; its log has this request's id",
  };
  const status = isDiskFull(known) ? diskFullStatus : (ownStatuses[code] ?? httpStatusOf(code));
  const body = { error: message, code, ...(code === "E_CLOCK" ? { time: now } : {}) };
  return reply
    .status(status)
    .header(codeHeader, code)
    .type("application/json; charset=utf-8")
    .send(JSON.stringify(body));
}

/** undefined: a defect. */
export function knownError(error: unknown): HalfkeyError | undefined {
  if (error instanceof HalfkeyError) return error;
  if (error instanceof CryptoError) {
    // Only text that cannot be read is the sender's doing; a seal that does not open is ours.
    return error.code === "E_FORMAT"
      ? new CallerError("E_FORMAT", "a byte string is not canonical base64url of the agreed length")
      : new OperatorError("E_VAULT", "a seal in the vault's database does not open: restore the database", {
          cause: error,
        });
  }
  const { code, statusCode, validation, message } = error as FastifyError;
  if (validation !== undefined) return new CallerError("E_INPUT", message);
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return new CallerError("E_TOO_LARGE", "the body is too large");
  if (typeof code === "string" && code.startsWith("FST_") && statusCode !== undefined && statusCode < 500) {
    return new CallerError("E_INPUT", "the request cannot be read as HTTP with a JSON body");
  }
  return undefined;
}
