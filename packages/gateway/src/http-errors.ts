import { type ErrorCode, HalfkeyError, OperatorError } from "@halfkey/model";
import type { Log } from "@halfkey/runtime";
import { codeHeader, httpStatusOf } from "@halfkey/wire";
import type { FastifyReply } from "fastify";
import { RateError } from "./auth/login-limits.ts";

/**
 * Answers an error: the text in the body, the code in a header. Bodies carry no ids and no times, because
 * Kubernetes folds equal events into one, and nothing of a defect's text, which could quote anything.
 */
export function sendError(
  reply: FastifyReply,
  error: unknown,
  extra: Readonly<Record<string, unknown>> = {},
): FastifyReply {
  const { code, text } = readable(error);
  // A malformed reply of the vault is not the caller's fault.
  const status = code === "E_FORMAT" && error instanceof OperatorError ? 502 : httpStatusOf(code);
  // A missing item keeps the plain shape: clients read it, and only it, as "does not exist".
  const body = status === 404 ? { error: text } : { error: text, ...extra };
  if (error instanceof RateError) reply.header("retry-after", String(error.retryAfterSeconds));
  return reply.code(status).header(codeHeader, code).type("application/json").send(body);
}

export function readable(error: unknown): { code: ErrorCode; text: string } {
  if (error instanceof HalfkeyError) return { code: error.code, text: error.message };
  const fastifyCode = (error as { code?: unknown }).code;
  if (fastifyCode === "FST_ERR_CTP_BODY_TOO_LARGE")
    return { code: "E_TOO_LARGE", text: "the request body is too large" };
  if (fastifyCode === "FST_ERR_CTP_INVALID_MEDIA_TYPE") {
    return { code: "E_INPUT", text: "the request's Content-Type must be application/json" };
  }
  const status = (error as { statusCode?: unknown }).statusCode;
  if (typeof status === "number" && status >= 400 && status < 500)
    return { code: "E_INPUT", text: "the request is not well-formed" };
  return { code: "E_INTERNAL", text: "internal error: see the gateway's log" };
}

/** A defect is the one failure whose cause only the log tells. */
export function logDefect(log: Log, error: unknown): void {
  if (readable(error).code === "E_INTERNAL")
    log.error({ error: error as Error }, "a request failed for a defect");
}
