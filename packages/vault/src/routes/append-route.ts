import { fromBase64Url, toBase64Url } from "@halfkey/crypto";
import { type AppendReply, AppendRequest, type ConflictReply, codeHeader } from "@halfkey/wire";
import type { FastifyInstance } from "fastify";
import type { JournalWaiters } from "../journal-waiters.ts";
import type { VaultStore } from "../store/vault-store.ts";
import { peerOf } from "./peer.ts";

/** `POST /v1/append`. Every rule about entries is the store's, as it must hold within the transaction. */
export function appendRoute(
  server: FastifyInstance,
  { store, waiters }: { store: VaultStore; waiters: JournalWaiters },
): void {
  server.post("/v1/append", { schema: { body: AppendRequest } }, async (request, reply) => {
    const { account, instance } = peerOf(request);
    const { entry, records, blobs, own, drop } = request.body as AppendRequest;
    const result = await store.append({
      account,
      instance,
      entry: fromBase64Url(entry),
      records: records.map(([id, sealed]) => ({ id: fromBase64Url(id, 32), sealed: fromBase64Url(sealed) })),
      blobs: blobs.map(([id, owner, bytes]) => ({
        id: fromBase64Url(id, 16),
        owner: fromBase64Url(owner, 32),
        bytes: fromBase64Url(bytes),
      })),
      own: own.map(([id, owner]) => ({ id: fromBase64Url(id, 16), owner: fromBase64Url(owner, 32) })),
      drop: drop.map((id) => fromBase64Url(id, 16)),
    });
    if (!result.conflict) {
      waiters.notify(account);
      const accepted: AppendReply = { seq: result.seq };
      return JSON.stringify(accepted);
    }
    const conflict: ConflictReply = {
      seq: result.seq,
      entries: result.entries.map(toBase64Url),
      error: "the entry does not continue the journal's head",
      code: "E_CONFLICT",
    };
    reply.status(409).header(codeHeader, conflict.code);
    return JSON.stringify(conflict);
  });
}
