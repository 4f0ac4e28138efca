import { recordKinds, toBase64Url } from "@halfkey/crypto";
import { type Caller, CallerError, type ItemPath } from "@halfkey/model";
import type { Keyring } from "../fragment/keyring.ts";
import type { WritePlan } from "../state/pending-write.ts";
import { tagsMax } from "./item-input.ts";
import { notFound } from "./item-reader.ts";
import { type Item, requireItem, requireUnprotected, type WriteParts } from "./item-writing.ts";

/** A change of an item's metadata. Absent fields stay as they are. */
export interface ItemChange {
  description?: string;
  addTags?: readonly string[];
  removeTags?: readonly string[];
  maxVersions?: number;
  deleteProtection?: boolean;
  disabled?: boolean;
}

/** @throws {CallerError} `E_DENIED`, `E_NOT_FOUND` */
export function changeItem(
  parts: WriteParts,
  caller: Caller,
  path: ItemPath,
  change: ItemChange,
): WritePlan<void> {
  return {
    claims: [claimOf(parts.keyring, path)],
    async prepare() {
      parts.access.require(caller, "update", path);
    },
    build(view) {
      parts.access.require(caller, "update", path);
      view.put({ ...changed(requireItem(view, path), change), modified: Date.now() });
      return { result: undefined };
    },
  };
}

/** @throws {CallerError} `E_INPUT` for too many tags. */
export function changed(item: Item, change: ItemChange): Item {
  const { deleteProtection, disabled, maxVersions, ...rest } = item;
  const removed = new Set(change.removeTags ?? []);
  const keeps = change.deleteProtection ?? deleteProtection === true;
  const isDisabled = change.disabled ?? disabled === true;
  const limit = change.maxVersions ?? maxVersions;
  const tags = [...new Set([...item.tags, ...(change.addTags ?? [])])].filter((tag) => !removed.has(tag));
  if (tags.length > tagsMax && tags.length > item.tags.length)
    throw new CallerError("E_INPUT", `add-tag: an item has at most ${tagsMax} tags`);
  return {
    ...rest,
    description: change.description ?? item.description,
    tags,
    ...(limit === undefined ? {} : { maxVersions: limit }),
    ...(keeps ? { deleteProtection: true as const } : {}),
    ...(isDisabled ? { disabled: true as const } : {}),
  };
}

/** One version of an item; its number is never given again. @throws {CallerError} `E_CONFLICT` for the only one. */
export function deleteVersion(
  parts: WriteParts,
  caller: Caller,
  path: ItemPath,
  number: number,
): WritePlan<{ itemId: number }> {
  return {
    claims: [claimOf(parts.keyring, path)],
    async prepare() {
      parts.access.require(caller, "delete", path);
    },
    build(view) {
      parts.access.require(caller, "delete", path);
      const item = requireItem(view, path);
      const version = item.versions.find(({ v }) => v === number);
      if (version === undefined) throw notFound(path, number);
      requireUnprotected(item);
      if (item.versions.length === 1) {
        throw new CallerError(
          "E_CONFLICT",
          `version ${number} is the only one of item ${path}: delete the item instead`,
        );
      }
      view.put({ ...item, modified: Date.now(), versions: item.versions.filter((one) => one !== version) });
      view.draft.drop.push(version.blob);
      return { result: { itemId: item.itemId } };
    },
  };
}

/** What keeps two writes to one item out of one journal entry. */
export function claimOf(keyring: Keyring, path: ItemPath): string {
  return toBase64Url(keyring.recordId(recordKinds.item, path));
}
