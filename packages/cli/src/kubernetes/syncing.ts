import type { KubernetesCluster, KubernetesObject, ResourceKind } from "@halfkey/kubernetes";

/** One object that External Secrets keeps in sync, as far as waking it needs to know. */
export interface Synced {
  /** Such as `ExternalSecret joplin/db`. */
  name: string;
  object: KubernetesObject;
  isReady: boolean;
  /** Why it is not ready, in External Secrets' words. */
  reason: string;
}

export interface Choice {
  namespaces: readonly string[];
  /** Only this store and what uses it. */
  store: string | undefined;
}

/** The stores, and what is read through them, that a choice covers. */
export async function findSynced(
  cluster: KubernetesCluster,
  { namespaces, store }: Choice,
): Promise<{ stores: Synced[]; secrets: Synced[] }> {
  const { kinds } = await import("@halfkey/kubernetes");
  const { readsOf } = await import("@halfkey/manifests");
  const isChosen = ({ metadata }: KubernetesObject) =>
    namespaces.length === 0 || metadata.namespace === undefined || namespaces.includes(metadata.namespace);
  const all = async (kind: ResourceKind) => (await cluster.list(kind)).filter(isChosen);
  const stores = [...(await all(kinds.clusterSecretStore)), ...(await all(kinds.secretStore))];
  const secrets = [...(await all(kinds.externalSecret)), ...(await all(kinds.pushSecret))];
  return {
    stores: stores.filter(({ metadata }) => store === undefined || metadata.name === store).map(syncedOf),
    secrets: secrets
      .filter((one) => store === undefined || readsOf(one).some(({ store: its }) => its.name === store))
      .map(syncedOf),
  };
}

export function syncedOf(object: KubernetesObject): Synced {
  const { namespace, name } = object.metadata;
  const conditions = (object.status?.conditions ?? []) as Record<string, string>[];
  const ready = conditions.find(({ type }) => type === "Ready");
  return {
    name: `${object.kind} ${namespace === undefined ? name : `${namespace}/${name}`}`,
    object,
    isReady: ready?.status === "True",
    reason: ready === undefined ? "not looked at yet" : `${ready.reason}: ${ready.message}`,
  };
}
