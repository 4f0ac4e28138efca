import { bucketSize } from "@halfkey/crypto";
import type { OpenedIndex } from "../state/opened-index.ts";
import type { BackedUpBlob } from "./bundle-lines.ts";

/** Every ciphertext that an item or the trash names, with the record it belongs to (base64url). */
export function* blobsOf(index: OpenedIndex): Iterable<BackedUpBlob & { owner: string }> {
  for (const [owner, { content }] of index.entries()) {
    const item = content.t === "item" ? content : content.t === "trash" ? content.item : undefined;
    for (const { blob, len, sha } of item?.versions ?? [])
      yield { id: blob, bytes: bucketSize(len), sha, owner };
  }
}
