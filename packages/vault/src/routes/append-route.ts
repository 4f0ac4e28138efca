import { decodeEntry, fromBase64Url, operations } from "@halfkey/crypto";
import { type AppendReply, AppendRequest } from "@halfkey/wire";
import type { FastifyInstance } from "fastify";
import type { FragmentKeeper } from "../fragment/fragment-keeper.ts";
import type { JournalWaiters } from "../journal-waiters.ts";
import type { VaultStore } from "../store/vault-store.ts";
import { conflictReply } from "./conflict-reply.ts";
import { peerOf } from "./peer.ts";
import { blobOf, recordOf } from "./stored-bytes.ts";

/** `POST /v1/append`. Every rule about entries is the store's, as it must hold within the transaction. */
export function appendRoute(
  server: FastifyInstance,
  { store, waiters, keeper }: { store: VaultStore; waiters: JournalWaiters; keeper: FragmentKeeper },
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
    // The row is gone; what was opened of it in memory goes too.
    if (retires(fromBase64Url(entry))) keeper.forget();
    waiters.notify(account);
    const accepted: AppendReply = { seq: result.seq };
    return JSON.stringify(accepted);
  });
}

function retires(entry: Buffer): boolean {
  return decodeEntry(entry).operations.some(({ op }) => op === operations.retireVaultEpoch);
}
