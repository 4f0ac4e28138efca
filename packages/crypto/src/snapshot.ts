import { purposes } from "./context.ts";
import { labels } from "./labels.ts";
import { sha256 } from "./primitives.ts";
import { openRooted, type RootOf, sealRooted } from "./rooted-seal.ts";

/**
 * Seals a large plaintext (an opened index) beside the state checkpoint it belongs to. Its id is the hash of that
 * checkpoint, so it opens with no other; a record's id is a MAC, so it cannot be mistaken for a record.
 */
export function sealSnapshot(input: {
  account: Uint8Array;
  customerEpoch: number;
  vaultEpoch: number;
  root: Uint8Array;
  hedge: Uint8Array;
  checkpoint: Uint8Array;
  plaintext: Uint8Array;
}): Buffer {
  const { account, customerEpoch, vaultEpoch, root, hedge, checkpoint, plaintext } = input;
  const place = { account, purpose: purposes.record, id: snapshotId(checkpoint), customerEpoch, vaultEpoch };
  return sealRooted(place, root, plaintext, hedge);
}

/** @throws {CryptoError} `E_FORMAT`, `E_EPOCH`, `E_KEY` (another checkpoint or root), `E_TAG`. */
export function openSnapshot(input: {
  account: Uint8Array;
  sealed: Uint8Array;
  checkpoint: Uint8Array;
  rootOf: RootOf;
}): Buffer {
  const { account, sealed, checkpoint, rootOf } = input;
  return openRooted({ account, purpose: purposes.record, id: snapshotId(checkpoint) }, sealed, rootOf)
    .plaintext;
}

function snapshotId(checkpoint: Uint8Array): Buffer {
  return sha256(labels.snapshot, checkpoint);
}
