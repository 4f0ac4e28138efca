import { fromBase64Url, toBase64Url, toHex } from "@halfkey/crypto";
import {
  type HeadReply,
  type IndexReply,
  type JournalReply,
  type RecordsReply,
  RecordsRequest,
  vaultLimits,
} from "@halfkey/wire";
import type { FastifyInstance } from "fastify";
import type { JournalWaiters, Waiter } from "../journal-waiters.ts";
import type { VaultStore } from "../store/vault-store.ts";
import { journalPageBytes } from "../store/within-limits.ts";
import { peerOf } from "./peer.ts";
import { integerOf, queryOf } from "./query.ts";

const pageLimits = { count: 256, bytes: 4 * 1024 * 1024 };

/** `GET /v1/head`, `/v1/journal`, `/v1/index` and `POST /v1/records`. */
export function readRoutes(
  server: FastifyInstance,
  { store, waiters, now }: { store: VaultStore; waiters: JournalWaiters; now: () => number },
): void {
  server.get("/v1/head", async (request) => {
    const { seq, entry, epochs, backup } = await store.head(peerOf(request).account);
    const reply: HeadReply = {
      seq,
      entry: entry === null ? null : toBase64Url(entry),
      epochs,
      time: now(),
      backup,
    };
    return JSON.stringify(reply);
  });

  server.get("/v1/journal", async (request, reply) => {
    const query = queryOf(request.query, ["from", "limit", "wait"]);
    const from = integerOf("from", query.from, { minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
    const { journalPage, journalWaitSeconds } = vaultLimits;
    const limit = integerOf("limit", query.limit, {
      minimum: 1,
      maximum: journalPage,
      fallback: journalPage,
    });
    const wait = integerOf("wait", query.wait, { minimum: 0, maximum: journalWaitSeconds, fallback: 0 });
    const { account } = peerOf(request);

    const read = () => store.entries(account, from, { count: limit, bytes: journalPageBytes });
    const isGone = () => reply.raw.destroyed;
    const found =
      wait === 0
        ? await read()
        : await waitForEntry(await waiters.register(account), from, wait, read, isGone);
    const body: JournalReply = { seq: found.seq, entries: found.entries.map(toBase64Url) };
    return JSON.stringify(body);
  });

  /** Reads until there is an entry after `from`, the time is over, the vault stops or the asker has gone. */
  async function waitForEntry<T extends { seq: number }>(
    waiter: Waiter,
    from: number,
    seconds: number,
    read: () => Promise<T>,
    isGone: () => boolean,
  ): Promise<T> {
    const end = performance.now() + seconds * 1000;
    try {
      for (;;) {
        const found = await read();
        const left = end - performance.now();
        if (found.seq > from || left <= 0 || waiters.closed || isGone()) return found;
        await waiter.changed(left);
      }
    } finally {
      waiter.release();
    }
  }

  server.get("/v1/index", async (request) => {
    const { cursor } = queryOf(request.query, ["cursor"]);
    const after = cursor === undefined ? undefined : fromBase64Url(cursor, 32);
    const page = await store.page(peerOf(request).account, after, pageLimits);
    const last = page.records.at(-1);
    const reply: IndexReply = {
      seq: page.seq,
      records: page.records.map(({ id, sealed }) => [toBase64Url(id), toBase64Url(sealed)]),
      writers: page.writers.map(({ instance, publicKey }) => [toHex(instance), toBase64Url(publicKey)]),
      next: page.more && last !== undefined ? toBase64Url(last.id) : null,
    };
    return JSON.stringify(reply);
  });

  server.post("/v1/records", { schema: { body: RecordsRequest } }, async (request) => {
    const { ids } = request.body as RecordsRequest;
    const wanted = ids.map((id) => fromBase64Url(id, 32));
    const { seq, records } = await store.records(peerOf(request).account, wanted);
    const reply: RecordsReply = {
      seq,
      records: records.map((one) => (one === null ? null : toBase64Url(one))),
    };
    return JSON.stringify(reply);
  });
}
