import { randomBytes, recordKinds, toBase64Url } from "@halfkey/crypto";
import {
  type Caller,
  CallerError,
  type ItemFormat,
  type ItemPath,
  type ItemRecord,
  type ItemVersion,
  type SettingsRecord,
  type TombstonesRecord,
} from "@halfkey/model";
import { type AccessDecisions, denied } from "../access/access-decisions.ts";
import type { Keyring } from "../fragment/keyring.ts";
import type { GroupView, Unsealed } from "../state/group-view.ts";
import type { WritePlan } from "../state/pending-write.ts";
import type { Replica } from "../state/replica.ts";
import type { FragmentRequests } from "../vault-client/fragment-requests.ts";
import { notFound } from "./item-reader.ts";
import { type SealedVersion, sealVersion } from "./value-versions.ts";

export interface WriteParts {
  keyring: Keyring;
  replica: Replica;
  access: AccessDecisions;
  fragments: FragmentRequests;
}

type Item = Unsealed<ItemRecord>;

const dayMs = 24 * 60 * 60 * 1000;
/** A version this young is not displaced by a count. */
const youngVersionMs = 7 * dayMs;

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
  const { keyring, replica, access } = parts;
  const id = keyring.recordId(recordKinds.item, path);
  const byte = id.subarray(0, 1).toString("hex");
  const lastOf = (gone: Pick<TombstonesRecord, "ids"> | undefined) => gone?.ids[toBase64Url(id)] ?? 0;
  let sealed: SealedVersion | undefined;
  return {
    claims: [toBase64Url(id)],
    async prepare() {
      // Before any work is done for him, and again at the head where it counts.
      access.require(caller, "create", path);
      const version = lastOf(replica.index.tombstones(byte)) + 1;
      sealed = await sealVersion(parts, { id, version, ...epochsOf(replica.settings), value: input.value });
    },
    build(view) {
      if (!access.allows(caller, "create", path)) throw denied(caller);
      if (view.get<ItemRecord>(recordKinds.item, path) !== undefined) {
        throw new CallerError(
          "E_EXISTS",
          `Status 409 Conflict, Error: AlreadyExists. Message: item ${path} already exists`,
        );
      }
      const gone = view.get<TombstonesRecord>(recordKinds.tombstones, byte);
      const number = lastOf(gone) + 1;
      if (!isFor(sealed, number, view.replica.settings)) return "stale";
      if (gone !== undefined) forgetTombstone(view, gone, id);
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

export interface ValueUpdate {
  /** Checks the new value against the item's format and gives its bytes. @throws {CallerError} */
  valueFor(item: Item): Buffer;
  /** What the caller believes the latest version to be. */
  expectedVersion?: number;
  keepPrevious: boolean;
  format?: ItemFormat;
}

/** A new version of an existing item. @throws {CallerError} `E_DENIED`, `E_NOT_FOUND`, `E_CONFLICT`, `E_DISABLED` */
export function updateValue(
  parts: WriteParts,
  caller: Caller,
  path: ItemPath,
  input: ValueUpdate,
): WritePlan<{ version: number }> {
  const { keyring, replica, access } = parts;
  const id = keyring.recordId(recordKinds.item, path);
  let sealed: SealedVersion | undefined;
  const check = (item: Item | undefined): Item => {
    access.require(caller, "update", path);
    if (item === undefined) throw notFound(path);
    if (item.disabled) throw new CallerError("E_DISABLED", `item ${path} is disabled`);
    const latest = item.versions.at(-1)?.v ?? 0;
    if (input.expectedVersion !== undefined && input.expectedVersion !== latest) {
      throw new CallerError(
        "E_CONFLICT",
        `item ${path} is at version ${latest}, not ${input.expectedVersion}`,
      );
    }
    return item;
  };
  return {
    claims: [toBase64Url(id)],
    async prepare() {
      const item = check(replica.index.item(path));
      sealed = await sealVersion(parts, {
        id,
        version: item.last + 1,
        ...epochsOf(replica.settings),
        value: input.valueFor(item),
      });
    },
    build(view) {
      const item = check(view.get<ItemRecord>(recordKinds.item, path));
      const number = item.last + 1;
      if (!isFor(sealed, number, view.replica.settings)) return "stale";
      const now = Date.now();
      const kept = input.keepPrevious ? item.versions : item.versions.slice(0, -1);
      const versions = [...kept, { ...sealed.version, created: now, by: caller.accessId }];
      const dropped = [
        ...(input.keepPrevious ? [] : item.versions.slice(-1)),
        ...displace(versions, item, view.replica.settings, now),
      ];
      view.put({
        ...item,
        ...(input.format === undefined ? {} : { format: input.format }),
        modified: now,
        last: number,
        versions,
      });
      view.draft.blobs.push([sealed.version.blob, toBase64Url(id), sealed.blob]);
      view.draft.drop.push(...dropped.map(({ blob }) => blob));
      return { result: { version: number } };
    },
  };
}

/** Cuts the oldest versions off until the limit holds. @throws {CallerError} `E_CONFLICT` if the oldest is too young to go. */
function displace(versions: ItemVersion[], item: Item, settings: SettingsRecord, now: number): ItemVersion[] {
  const limit = Math.min(item.maxVersions ?? settings.maxVersions, settings.maxVersions);
  const dropped: ItemVersion[] = [];
  while (versions.length > limit) {
    const [oldest] = versions;
    if (oldest === undefined) break;
    if (item.maxVersions === undefined && now - oldest.created < youngVersionMs) {
      throw new CallerError(
        "E_CONFLICT",
        `item ${item.path} has ${limit} versions and the oldest is younger than 7 days: set max-versions, or wait`,
      );
    }
    versions.shift();
    dropped.push(oldest);
  }
  return dropped;
}

export interface Deletion {
  itemId: number;
  /** The deleted version, or -1 for the whole item. */
  version: number;
}

/** A whole item, into the trash; its name is free at once, and a recreated one counts on. */
export function deleteItem(parts: WriteParts, caller: Caller, path: ItemPath): WritePlan<Deletion> {
  const { keyring, access } = parts;
  const id = keyring.recordId(recordKinds.item, path);
  const byte = id.subarray(0, 1).toString("hex");
  return {
    claims: [toBase64Url(id)],
    async prepare() {
      access.require(caller, "delete", path);
    },
    build(view) {
      const item = view.get<ItemRecord>(recordKinds.item, path);
      access.require(caller, "delete", path);
      if (item === undefined) throw notFound(path);
      if (item.deleteProtection)
        throw new CallerError("E_DISABLED", `item ${path} has delete protection: switch it off first`);
      const now = Date.now();
      const { n: _, ...bare } = item as ItemRecord;
      const purge = now + view.replica.settings.trashDays * dayMs;
      // Item number and time: the same path can be in the trash many times.
      const name = `trash/${item.itemId}-${now}`;
      view.remove(item);
      view.put({ t: "trash", name, deleted: now, purge, by: caller.accessId, item: bare });
      const owner = toBase64Url(keyring.recordId(recordKinds.trash, name));
      view.draft.own.push(...item.versions.map(({ blob }): [string, string] => [blob, owner]));
      const gone = view.get<TombstonesRecord>(recordKinds.tombstones, byte);
      view.put({ t: "gone", byte, ids: { ...gone?.ids, [toBase64Url(id)]: item.last } });
      return { result: { itemId: item.itemId, version: -1 } };
    },
  };
}

/** One version of an item; its number is never given again. @throws {CallerError} `E_CONFLICT` for the only one. */
export function deleteVersion(
  parts: WriteParts,
  caller: Caller,
  path: ItemPath,
  number: number,
): WritePlan<Deletion> {
  const { keyring, access } = parts;
  const id = keyring.recordId(recordKinds.item, path);
  return {
    claims: [toBase64Url(id)],
    async prepare() {
      access.require(caller, "delete", path);
    },
    build(view) {
      const item = view.get<ItemRecord>(recordKinds.item, path);
      access.require(caller, "delete", path);
      const version = item?.versions.find(({ v }) => v === number);
      if (item === undefined || version === undefined) throw notFound(path, number);
      if (item.deleteProtection)
        throw new CallerError("E_DISABLED", `item ${path} has delete protection: switch it off first`);
      if (item.versions.length === 1) {
        throw new CallerError(
          "E_CONFLICT",
          `version ${number} is the only one of item ${path}: delete the item instead`,
        );
      }
      view.put({ ...item, modified: Date.now(), versions: item.versions.filter((one) => one !== version) });
      view.draft.drop.push(version.blob);
      return { result: { itemId: item.itemId, version: number } };
    },
  };
}

function forgetTombstone(view: GroupView, gone: Unsealed<TombstonesRecord>, id: Buffer): void {
  const { [toBase64Url(id)]: _, ...ids } = gone.ids;
  const rest = { ...gone, ids };
  if (Object.keys(ids).length === 0) view.remove(rest);
  else view.put(rest);
}

function epochsOf(settings: SettingsRecord): { customerEpoch: number; vaultEpoch: number } {
  return { customerEpoch: settings.epoch, vaultEpoch: settings.vaultEpoch };
}

function isFor(
  sealed: SealedVersion | undefined,
  version: number,
  settings: SettingsRecord,
): sealed is SealedVersion {
  return (
    sealed !== undefined &&
    sealed.version.v === version &&
    sealed.customerEpoch === settings.epoch &&
    sealed.vaultEpoch === settings.vaultEpoch
  );
}

/** 48 random bits: short enough for every client's integers, and no counter that a restore could set back. */
function unusedItemId(replica: Replica): number {
  for (;;) {
    const itemId = randomBytes(6).readUIntBE(0, 6);
    if (itemId > 0 && replica.index.itemByNumber(itemId) === undefined) return itemId;
  }
}
