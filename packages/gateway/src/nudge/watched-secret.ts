import { conditionOf, isReady, type KubernetesObject } from "@halfkey/kubernetes";
import { type Access, readsOf, type StoreReference } from "@halfkey/manifests";

const markPattern = /^halfkey-(\d{1,15})(-kick-\d+)?$/;

/** What is kept of an ExternalSecret. */
export interface WatchedSecret {
  namespace: string;
  name: string;
  /** Of the Secret that it makes. */
  target: string;
  /** What it reads from our stores. */
  reads: Access[];
  /** Our stores that it reads from, as {@link storeKeyOf} names them. */
  stores: Set<string>;
  ready: boolean;
  /** Its last sync failed; one that was never tried is neither. */
  failing: boolean;
  /** Its owner wants it to be read again when time passes or something changes. */
  refreshes: boolean;
  /** The seq that a gateway has asked it to be read for, until External Secrets has done so. */
  mark: number | undefined;
}

/**
 * External Secrets syncs an ExternalSecret whose `status.syncedResourceVersion` is not what it would write itself, and
 * writes that when it is done (docs/decisions/, "Nudges are marks in the status").
 */
export function markOf(seq: number): string {
  return `halfkey-${seq}`;
}

/** For one whose last sync failed. A failure leaves the mark as it is, so that the next must be another. */
export function kickMarkOf(seq: number): string {
  return `${markOf(seq)}-kick-${Date.now()}`;
}

/** A store as settings name it: `name` of a ClusterSecretStore, `namespace/name` of a SecretStore. */
export function storeKeyOf({ kind, name }: StoreReference, namespace: string): string {
  return kind === "ClusterSecretStore" ? `${name}` : `${namespace}/${name}`;
}

/** @returns undefined for one that reads from none of our stores. */
export function watchedSecret(
  object: KubernetesObject,
  isOurs: (store: string) => boolean,
): WatchedSecret | undefined {
  const { namespace = "", name, deletionTimestamp } = object.metadata;
  const storeOf = ({ store }: Access) => storeKeyOf(store, namespace);
  const reads = readsOf(object).filter((access) => access.access === "read" && isOurs(storeOf(access)));
  if (reads.length === 0 || deletionTimestamp !== undefined) return undefined;
  const mark = markPattern.exec(String(object.status?.syncedResourceVersion ?? ""))?.[1];
  return {
    namespace,
    name,
    target: String(object.spec?.target?.name || name),
    reads,
    stores: new Set(reads.map(storeOf)),
    ready: isReady(object),
    failing: conditionOf(object, "Ready")?.status === "False",
    refreshes: refreshes(object.spec ?? {}),
    mark: mark === undefined ? undefined : Number(mark),
  };
}

function refreshes({ refreshPolicy = "Periodic", refreshInterval = "1h" }: Record<string, unknown>): boolean {
  return refreshPolicy === "Periodic" && /^[^-]*[1-9]/.test(String(refreshInterval));
}
