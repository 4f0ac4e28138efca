import { fromBase64Url, toBase64Url } from "@halfkey/crypto";
import { type PushReply, PushRequest } from "@halfkey/wire";
import type { FastifyInstance } from "fastify";
import type { JournalWaiters } from "../journal-waiters.ts";
import type { VaultStore } from "../store/vault-store.ts";
import { conflictReply } from "./conflict-reply.ts";
import { peerOf } from "./peer.ts";
import { blobOf, recordOf } from "./stored-bytes.ts";

/** `POST /v1/push`: any instance of the account may bring what its writers have signed. */
export function pushRoute(
  server: FastifyInstance,
  { store, waiters }: { store: VaultStore; waiters: JournalWaiters },
): void {
  server.post("/v1/push", { schema: { body: PushRequest } }, async (request, reply) => {
    const { account } = peerOf(request);
    const { entries, records, blobs, expect } = request.body as PushRequest;
    const result = await store.push({
      account,
      entries: entries.map((entry) => fromBase64Url(entry)),
      records: records.map(recordOf),
      blobs: blobs.map(blobOf),
      expect: expect.map((id) => fromBase64Url(id, 16)),
    });
    if (result.conflict) return conflictReply(reply, result);
    if (entries.length > 0) waiters.notify(account);
    const accepted: PushReply = { seq: result.seq, missing: result.missing.map(toBase64Url) };
    return JSON.stringify(accepted);
  });
}
