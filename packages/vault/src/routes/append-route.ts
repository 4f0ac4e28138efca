import { fromBase64Url } from "@halfkey/crypto";
import { type AppendReply, AppendRequest } from "@halfkey/wire";
import type { FastifyInstance } from "fastify";
import type { JournalWaiters } from "../journal-waiters.ts";
import type { VaultStore } from "../store/vault-store.ts";
import { conflictReply } from "./conflict-reply.ts";
import { peerOf } from "./peer.ts";
import { blobOf, recordOf } from "./stored-bytes.ts";

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
      records: records.map(recordOf),
      blobs: blobs.map(blobOf),
      own: own.map(([id, owner]) => ({ id: fromBase64Url(id, 16), owner: fromBase64Url(owner, 32) })),
      drop: drop.map((id) => fromBase64Url(id, 16)),
    });
    if (result.conflict) return conflictReply(reply, result);
    waiters.notify(account);
    const accepted: AppendReply = { seq: result.seq };
    return JSON.stringify(accepted);
  });
}
