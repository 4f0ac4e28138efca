import { recordKinds, toBase64Url } from "@halfkey/crypto";
import { type Caller, CallerError, type ItemPath, type ItemRecord, type ItemVersion } from "@halfkey/model";
import { epochsOf } from "../state/epoch-pair.ts";
import type { WritePlan } from "../state/pending-write.ts";
import { changed, type ItemChange } from "./change-item.ts";
import { exists } from "./create-item.ts";
import { notFound } from "./item-reader.ts";
import { requireItem, requireUnprotected, type WriteParts } from "./item-writing.ts";
import { rewrapVersion } from "./rewrap-version.ts";

export interface Move {
  from: ItemPath;
  to: ItemPath;
  /** Made in the same entry, so that a refused move leaves nothing half done. */
  change?: ItemChange;
}

/**
 * Most items of one journal entry: each needs a deletion and a put, and up to 512 tombstone records change.
 * A larger move is several entries.
 */
export const movesPerEntryMax = 256;

interface Prepared {
  /** Blob ids of the versions that were rewrapped: the item must not have changed since. */
  blobs: string;
  versions: ItemVersion[];
  epochs: string;
}

/**
 * Moves items to other paths, all or none. A version's key belongs to its path, so every version is wrapped
 * anew; the values are not touched.
 *
 * @throws {CallerError} `E_DENIED`, `E_NOT_FOUND`, `E_EXISTS`, `E_DISABLED`
 */
export function moveItems(
  parts: WriteParts,
  caller: Caller,
  moves: readonly Move[],
): WritePlan<{ moved: number }> {
  const { keyring, replica, access, tombstones } = parts;
  const idOf = (path: ItemPath) => toBase64Url(keyring.recordId(recordKinds.item, path));
  const prepared = new Map<string, Prepared>();
  const authorise = ({ from, to, change }: Move) => {
    if (change !== undefined) access.require(caller, "update", from);
    access.require(caller, "delete", from);
    access.require(caller, "read", from);
    access.require(caller, "create", to);
  };
  return {
    claims: moves.flatMap(({ from, to }) => [idOf(from), idOf(to)]),
    async prepare() {
      for (const move of moves) authorise(move);
      await Promise.all(
        moves.map(async (move) => {
          const item = replica.index.item(move.from);
          if (item === undefined) throw notFound(move.from);
          if (prepared.get(move.from)?.blobs === blobsOf(item)) return;
          const from = keyring.recordId(recordKinds.item, move.from);
          const to = { id: keyring.recordId(recordKinds.item, move.to), ...epochsOf(replica.settings) };
          const versions = await Promise.all(
            item.versions.map((version) => rewrapVersion(parts, from, to, version)),
          );
          prepared.set(move.from, {
            blobs: blobsOf(item),
            versions,
            epochs: JSON.stringify(epochsOf(replica.settings)),
          });
        }),
      );
    },
    build(view) {
      const epochs = JSON.stringify(epochsOf(view.replica.settings));
      for (const move of moves) {
        authorise(move);
        const found = requireItem(view, move.from);
        const item = move.change === undefined ? found : changed(found, move.change);
        // The change may be what switches the protection off.
        requireUnprotected(item);
        if (view.get<ItemRecord>(recordKinds.item, move.to) !== undefined) throw exists(move.to);
        const ready = prepared.get(move.from);
        if (ready === undefined || ready.blobs !== blobsOf(item) || ready.epochs !== epochs) return "stale";
        const last = Math.max(item.last, tombstones.last(view, move.to));
        tombstones.remove(view, move.to);
        tombstones.put(view, move.from, item.last);
        view.remove(item);
        view.put({ ...item, path: move.to, modified: Date.now(), last, versions: ready.versions });
        view.draft.own.push(...ready.versions.map(({ blob }): [string, string] => [blob, idOf(move.to)]));
      }
      return { result: { moved: moves.length } };
    },
  };
}

/** @throws {CallerError} `E_INPUT` when source and target overlap in a way that has no meaning. */
export function checkMove(from: string, to: string): void {
  if (from === to) throw new CallerError("E_INPUT", "InvalidParam: source and target are the same");
  if (to.startsWith(`${from}/`)) throw new CallerError("E_INPUT", "InvalidParam: target lies inside source");
}

function blobsOf(item: Pick<ItemRecord, "versions">): string {
  return item.versions.map(({ blob, wrap }) => blob + wrap).join();
}
