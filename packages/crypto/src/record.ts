import { purposes } from "./context.ts";
import { labels } from "./labels.ts";
import { padJson, parseJsonObject } from "./padded-json.ts";
import { mac, wipe } from "./primitives.ts";
import { openRooted, type RootOf, sealRooted } from "./rooted-seal.ts";

export { padJson, parsePaddedJson } from "./padded-json.ts";
export type { RootOf } from "./rooted-seal.ts";

/** Kinds 16 to 255 are free for the product. */
export const recordKinds = {
  item: 1,
  role: 2,
  authMethod: 3,
  settings: 5,
  instance: 6,
  tombstones: 7,
  trash: 16,
  kubernetesConfig: 17,
} as const;

/** The name under which the vault keeps a record, 32 bytes: it tells nothing without the name key. `name` is canonical. */
export function recordId(nameKey: Uint8Array, kind: number, name: string): Buffer {
  if (!Number.isInteger(kind) || kind < 0 || kind > 255)
    throw new RangeError(`a kind is 0 to 255, got ${kind}`);
  return mac(nameKey, labels.id, Uint8Array.of(kind), Buffer.from(name));
}

/** Pads and seals a record's content. @throws {RangeError} for content above 262,144 bytes. */
export function sealRecord(input: {
  account: Uint8Array;
  id: Uint8Array;
  customerEpoch: number;
  vaultEpoch: number;
  root: Uint8Array;
  hedge: Uint8Array;
  content: object;
}): Buffer {
  const { account, id, customerEpoch, vaultEpoch, root, hedge } = input;
  const plaintext = padJson(input.content);
  const sealed = sealRooted(
    { account, purpose: purposes.record, id, customerEpoch, vaultEpoch },
    root,
    plaintext,
    hedge,
  );
  wipe(plaintext);
  return sealed;
}

/** @throws {CryptoError} `E_FORMAT`, `E_EPOCH` (`rootOf` gave nothing), `E_KEY`, `E_TAG`. */
export function openRecord(input: {
  account: Uint8Array;
  id: Uint8Array;
  sealed: Uint8Array;
  rootOf: RootOf;
}): {
  content: Record<string, unknown>;
  customerEpoch: number;
  vaultEpoch: number;
} {
  const { account, id, sealed, rootOf } = input;
  const { plaintext, customerEpoch, vaultEpoch } = openRooted(
    { account, purpose: purposes.record, id },
    sealed,
    rootOf,
  );
  try {
    return { content: parseJsonObject(plaintext), customerEpoch, vaultEpoch };
  } finally {
    wipe(plaintext);
  }
}

/**
 * Whether a record sealed at head `n` may stand under the put at `seq`, when the operation before it on this id
 * was at `before` (-1: none). So not even a forged journal signature brings an old record back.
 */
export function isReplayFree(n: number, before: number, seq: number): boolean {
  return before <= n && n < seq;
}
