import { CallerError } from "@halfkey/model";
import type { FastifyInstance, FastifyRequest } from "fastify";

/** Smaller bodies are bounded by the number of connections alone, so that large ones cannot lock them out. */
const smallBodyBytes = 64 * 1024;
const retrySeconds = 1;

/**
 * Bounds the memory of bodies that are being received or worked on: whoever connects may send one, long before
 * it is known who he is.
 *
 * Above the budget a request is refused with `E_RATE` before its body is read.
 */
export function limitLargeBodies(
  server: FastifyInstance,
  { budgetBytes, bodyLimitBytes }: { budgetBytes: number; bodyLimitBytes: number },
): void {
  let heldBytes = 0;
  server.addHook("onRequest", (request, reply, done) => {
    const bytes = Math.min(announcedBytes(request, bodyLimitBytes), bodyLimitBytes);
    if (bytes <= smallBodyBytes) return done();
    if (heldBytes + bytes > budgetBytes) {
      // The body that is not read would be taken for the next request.
      reply.header("retry-after", String(retrySeconds)).header("connection", "close");
      return done(new CallerError("E_RATE", "too many large requests at once: try again in a moment"));
    }
    heldBytes += bytes;
    reply.raw.once("close", () => {
      heldBytes -= bytes;
    });
    done();
  });
}

/** A chunked body may become as large as any. */
function announcedBytes({ headers }: FastifyRequest, bodyLimitBytes: number): number {
  if (headers["transfer-encoding"] !== undefined) return bodyLimitBytes;
  return Number(headers["content-length"] ?? 0);
}
