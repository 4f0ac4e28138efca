import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";

/** Smaller replies fit into what the system buffers for a connection anyway. */
const smallReplyBytes = 64 * 1024;

/**
 * Bounds the memory of replies that are on their way. Whoever asks for megabytes and does not read them is cut off
 * when others need the room: above the budget, the replies that have waited longest go first.
 */
export function limitLargeReplies(server: FastifyInstance, budgetBytes: number): void {
  /** In the order of their making. */
  const held = new Map<ServerResponse, number>();
  let heldBytes = 0;
  server.addHook("onSend", (_request, reply, payload, done) => {
    const bytes = typeof payload === "string" || payload instanceof Uint8Array ? payload.length : 0;
    if (bytes > smallReplyBytes) {
      const { raw } = reply;
      held.set(raw, bytes);
      heldBytes += bytes;
      const forget = (one: ServerResponse) => {
        heldBytes -= held.get(one) ?? 0;
        held.delete(one);
      };
      raw.once("close", () => forget(raw));
      for (const oldest of held.keys()) {
        if (heldBytes <= budgetBytes || oldest === raw) break;
        oldest.destroy();
        // Its close comes later, and must not be waited for.
        forget(oldest);
      }
    }
    done(null, payload);
  });
}
