import { randomBytes, recordKinds, toBase64Url } from "@halfkey/crypto";
import { type Caller, CallerError, type ItemFormat, type ItemPath, type ItemRecord } from "@halfkey/model";
import { epochsOf } from "../state/epoch-pair.ts";
import type { WritePlan } from "../state/pending-write.ts";
import type { Replica } from "../state/replica.ts";
import { isFor, type WriteParts } from "./item-writing.ts";
import { type SealedVersion, sealVersion } from "./value-versions.ts";

export interface NewItem {
  value: Buffer;
  subType: ItemRecord["subType"];
  format: ItemFormat;
  description: string;
  tags: string[];
  maxVersions?: number;
  deleteProtection?: boolean;
}

/** A new item. @throws {CallerError} `E_EXISTS`, `E_DENIED` */
export function createItem(
  parts: WriteParts,
  caller: Caller,
  path: ItemPath,
  input: NewItem,
): WritePlan<{ version: number }> {
  const { keyring, replica, access, tombstones } = parts;
  const id = keyring.recordId(recordKinds.item, path);
  let sealed: SealedVersion | undefined;
  return {
    claims: [toBase64Url(id)],
    async prepare() {
      // Before any work is done for him, and again at the head where it counts.
      access.require(caller, "create", path);
      if (replica.index.item(path) !== undefined) throw exists(path);
      const version = tombstones.lastKnown(replica, path) + 1;
      sealed = await sealVersion(parts, { id, version, ...epochsOf(replica.settings), value: input.value });
    },
    build(view) {
      access.require(caller, "create", path);
      if (view.get<ItemRecord>(recordKinds.item, path) !== undefined) throw exists(path);
      const number = tombstones.last(view, path) + 1;
      if (!isFor(sealed, number, view.replica.settings)) return "stale";
      tombstones.remove(view, path);
      const now = Date.now();
      const { value: _, maxVersions, deleteProtection, ...fields } = input;
      view.put({
        t: "item",
        path,
        type: "static",
        ...fields,
        ...(maxVersions === undefined ? {} : { maxVersions }),
        ...(deleteProtection ? { deleteProtection: true as const } : {}),
        itemId: unusedItemId(replica),
        created: now,
        modified: now,
        last: number,
        versions: [{ ...sealed.version, created: now, by: caller.accessId }],
      });
      view.draft.blobs.push([sealed.version.blob, toBase64Url(id), sealed.blob]);
      return { result: { version: number } };
    },
  };
}

export function exists(path: ItemPath): CallerError {
  return new CallerError(
    "E_EXISTS",
    `Status 409 Conflict, Error: AlreadyExists. Message: item ${path} already exists`,
  );
}

/** 48 random bits: short enough for every client's integers, and no counter that a restore could set back. */
function unusedItemId(replica: Replica): number {
  for (;;) {
    const itemId = randomBytes(6).readUIntBE(0, 6);
    if (itemId > 0 && replica.index.itemByNumber(itemId) === undefined) return itemId;
  }
}
