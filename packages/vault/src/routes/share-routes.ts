import { fromBase64Url, toBase64Url } from "@halfkey/crypto";
import { CallerError } from "@halfkey/model";
import { OpenRequest, ShareRequest, vaultLimits } from "@halfkey/wire";
import type { FastifyInstance } from "fastify";
import type { FragmentKeeper, Share } from "../fragment/fragment-keeper.ts";
import type { VaultStore } from "../store/vault-store.ts";
import { peerOf } from "./peer.ts";

/** A gateway splits its batches at the limit by sizes it knows; one value more may come on top. */
const openBytesMax = 2 * vaultLimits.openBatchBytes;

/** `POST /v1/share` and `/v1/open`. */
export function shareRoutes(
  server: FastifyInstance,
  { store, keeper }: { store: VaultStore; keeper: FragmentKeeper },
): void {
  server.post("/v1/share", { schema: { body: ShareRequest } }, async (request) => {
    const { account } = peerOf(request);
    const contexts = (request.body as ShareRequest).x.map((x) => fromBase64Url(x, 97));
    const { seq, fragments } = await store.open(account, [], 0);
    const made = await keeper.makeAsked(account, fragments, contexts);
    const known = [...fragments, ...made];
    const shares = contexts.map((x) => {
      const given = keeper.share(account, known, x);
      return "share" in given
        ? `{"share":"${toBase64Url(given.share)}"}`
        : `{"share":null,"code":"${given.code}"}`;
    });
    return `{"seq":${seq},"shares":[${shares.join(",")}]}`;
  });

  /** Every read of a secret passes here, hence one snapshot, and JSON by hand: base64url needs no escaping. */
  server.post("/v1/open", { schema: { body: OpenRequest } }, async (request) => {
    const { account } = peerOf(request);
    const { opens } = request.body as OpenRequest;
    const ids = opens.map(({ blob }) => fromBase64Url(blob, 16));
    const { seq, fragments, blobs } = await store.open(account, ids, openBytesMax);
    if (blobs === undefined) {
      throw new CallerError(
        "E_TOO_LARGE",
        `the blobs of one batch exceed ${openBytesMax} bytes: ask in smaller batches`,
      );
    }
    const answers = opens.map(({ x }, at) => {
      return openReply(keeper.share(account, fragments, fromBase64Url(x, 97)), blobs[at] ?? null);
    });
    return `{"seq":${seq},"opens":[${answers.join(",")}]}`;
  });
}

function openReply(given: Share, blob: Buffer | null): string {
  if ("code" in given) return `{"share":null,"blob":null,"code":"${given.code}"}`;
  const share = `{"share":"${toBase64Url(given.share)}","blob":`;
  return blob === null ? `${share}null}` : `${share}"${toBase64Url(blob)}"}`;
}
