import { recordKinds } from "@halfkey/crypto";
import {
  CallerError,
  type ItemPath,
  type ItemRecord,
  type ItemVersion,
  type SettingsRecord,
} from "@halfkey/model";
import type { AccessDecisions } from "../access/access-decisions.ts";
import type { Keyring } from "../fragment/keyring.ts";
import type { GroupView, Unsealed } from "../state/group-view.ts";
import type { Replica } from "../state/replica.ts";
import type { FragmentRequests } from "../vault-client/fragment-requests.ts";
import { notFound } from "./item-reader.ts";
import type { Tombstones } from "./tombstones.ts";
import type { SealedVersion } from "./value-versions.ts";

/** What every write of items works with. */
export interface WriteParts {
  keyring: Keyring;
  replica: Replica;
  access: AccessDecisions;
  fragments: FragmentRequests;
  tombstones: Tombstones;
}

export type Item = Unsealed<ItemRecord>;

/** A version this young is not displaced by the account's count. */
const youngVersionMs = 7 * 24 * 60 * 60 * 1000;

/** The item as the entry being built sees it. @throws {CallerError} `E_NOT_FOUND` */
export function requireItem(view: GroupView, path: ItemPath): Item {
  const item = view.get<ItemRecord>(recordKinds.item, path);
  if (item === undefined) throw notFound(path);
  return item;
}

/** @throws {CallerError} `E_DISABLED` */
export function requireUnprotected(item: Item): void {
  if (item.deleteProtection) {
    throw new CallerError(
      "E_DISABLED",
      `AccessForbidden: item ${item.path} has delete protection: switch it off first`,
    );
  }
}

/** @throws {CallerError} `E_DISABLED` */
export function requireEnabled(item: Item): void {
  if (item.disabled) throw new CallerError("E_DISABLED", `AccessForbidden: item ${item.path} is disabled`);
}

/**
 * An item with one version more, made of what was sealed for it.
 *
 * @param keepPrevious `false`: the version that was the latest goes.
 * @throws {CallerError} `E_CONFLICT` if the oldest version would have to go and is too young for it.
 */
export function withNewVersion(
  view: GroupView,
  item: Item,
  sealed: SealedVersion,
  options: { ownerId: string; by: string; keepPrevious: boolean },
): Item {
  const now = Date.now();
  const kept = options.keepPrevious ? item.versions : item.versions.slice(0, -1);
  const versions: ItemVersion[] = [...kept, { ...sealed.version, created: now, by: options.by }];
  const dropped = [
    ...(options.keepPrevious ? [] : item.versions.slice(-1)),
    ...displace(versions, item, view.replica.settings, now),
  ];
  view.draft.blobs.push([sealed.version.blob, options.ownerId, sealed.blob]);
  view.draft.drop.push(...dropped.map(({ blob }) => blob));
  return { ...item, modified: now, last: sealed.version.v, versions };
}

/** Cuts the oldest versions off until the limit holds, and gives them. */
function displace(versions: ItemVersion[], item: Item, settings: SettingsRecord, now: number): ItemVersion[] {
  const limit = Math.min(item.maxVersions ?? settings.maxVersions, settings.maxVersions);
  const dropped: ItemVersion[] = [];
  while (versions.length > limit) {
    const [oldest] = versions;
    if (oldest === undefined) break;
    // A limit that the item's owner has set himself is meant; the account's must not eat an incident's evidence.
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

/** Whether what was sealed ahead fits the version and the epochs that the entry turned out to need. */
export function isFor(
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
