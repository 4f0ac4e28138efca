import { recordKinds, toBase64Url } from "@halfkey/crypto";
import { type Caller, CallerError, type ItemPath, type ItemRecord, type TrashRecord } from "@halfkey/model";
import type { GroupView, Unsealed } from "../state/group-view.ts";
import type { WritePlan } from "../state/pending-write.ts";
import { claimOf } from "./change-item.ts";
import { exists } from "./create-item.ts";
import { requireItem, requireUnprotected, type WriteParts } from "./item-writing.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** A whole item, into the trash. It is gone for every reader at once, and its name is free. */
export function deleteItem(parts: WriteParts, caller: Caller, path: ItemPath): WritePlan<{ itemId: number }> {
  const { keyring, access, tombstones } = parts;
  return {
    claims: [claimOf(keyring, path)],
    async prepare() {
      access.require(caller, "delete", path);
    },
    build(view) {
      access.require(caller, "delete", path);
      const item = requireItem(view, path);
      requireUnprotected(item);
      const now = Date.now();
      // Item number and time: one path can be in the trash many times.
      const name = `trash/${item.itemId}-${now}`;
      view.remove(item);
      view.put({
        t: "trash",
        name,
        deleted: now,
        purge: now + view.replica.settings.trashDays * dayMs,
        by: caller.accessId,
        // The wraps stay as they are: they belong to this path, and to this path it can return.
        item: withoutSeq(item),
      });
      const owner = toBase64Url(keyring.recordId(recordKinds.trash, name));
      view.draft.own.push(...item.versions.map(({ blob }): [string, string] => [blob, owner]));
      tombstones.put(view, path, item.last);
      return { result: { itemId: item.itemId } };
    },
  };
}

/**
 * Brings back what was last deleted at a path.
 *
 * @throws {CallerError} `E_EXISTS` if the name is taken again, `E_NOT_FOUND` if the trash has nothing of it.
 */
export function undeleteItem(
  parts: WriteParts,
  caller: Caller,
  path: ItemPath,
): WritePlan<{ version: number }> {
  const { keyring, replica, access, tombstones } = parts;
  const latest = (): TrashRecord | undefined =>
    [...replica.index.trash()]
      .filter(({ item }) => item.path === path)
      .sort((a, b) => b.deleted - a.deleted)[0];
  return {
    claims: [claimOf(keyring, path)],
    async prepare() {
      access.require(caller, "create", path);
    },
    build(view) {
      access.require(caller, "create", path);
      if (view.get<ItemRecord>(recordKinds.item, path) !== undefined) throw exists(path);
      const found = latest();
      const trashed = found === undefined ? undefined : view.get<TrashRecord>(recordKinds.trash, found.name);
      if (trashed === undefined)
        throw new CallerError("E_NOT_FOUND", `nothing that was deleted at ${path} is kept any more`);
      const last = Math.max(trashed.item.last, tombstones.last(view, path));
      tombstones.remove(view, path);
      view.remove(trashed);
      view.put({ ...trashed.item, modified: Date.now(), last });
      giveBlobs(view, trashed, toBase64Url(keyring.recordId(recordKinds.item, path)));
      return { result: { version: trashed.item.versions.at(-1)?.v ?? 0 } };
    },
  };
}

/** Removes for good what has been in the trash long enough. At most `count` items a time. */
export function purgeTrash(parts: WriteParts, now: number, count: number): WritePlan<{ purged: number }> {
  const { replica } = parts;
  const due = [...replica.index.trash()].filter(({ purge }) => purge <= now).slice(0, count);
  return {
    claims: due.map(({ name }) => name),
    async prepare() {},
    build(view) {
      let purged = 0;
      for (const { name } of due) {
        const trashed = view.get<TrashRecord>(recordKinds.trash, name);
        if (trashed === undefined) continue;
        view.remove(trashed);
        view.draft.drop.push(...trashed.item.versions.map(({ blob }) => blob));
        purged += 1;
      }
      return { result: { purged } };
    },
  };
}

function giveBlobs(view: GroupView, trashed: Unsealed<TrashRecord>, owner: string): void {
  view.draft.own.push(...trashed.item.versions.map(({ blob }): [string, string] => [blob, owner]));
}

function withoutSeq(item: Unsealed<ItemRecord>): Unsealed<ItemRecord> {
  const { n: _, ...rest } = item as ItemRecord;
  return rest;
}
