import { setTimeout as sleep } from "node:timers/promises";
import type { KubernetesCluster, ResourceKind } from "@halfkey/kubernetes";
import type { Synced } from "./syncing.ts";
import { syncedOf } from "./syncing.ts";

/**
 * Watches objects until each is ready, or the time is over.
 *
 * @param since Those that were ready before must also have been synced after this moment.
 * @returns what is not ready then.
 */
export async function awaitReady(
  cluster: KubernetesCluster,
  wanted: readonly Synced[],
  since: Date,
  milliseconds: number,
): Promise<Synced[]> {
  const { kindOf } = await import("@halfkey/kubernetes");
  const open = new Map(wanted.map((one) => [one.name, one]));
  const kinds = new Map<string, ResourceKind>(wanted.map(({ object }) => [object.kind, kindOf(object)]));
  const ending = new AbortController();
  // A refresh has its time in whole seconds.
  const earliest = Math.floor(since.getTime() / 1000) * 1000;
  const watches = [...kinds.values()].map((kind) =>
    cluster.watch(
      kind,
      {
        changed(object) {
          const now = syncedOf(object);
          const before = open.get(now.name);
          if (before === undefined) return;
          const refreshed = object.status?.refreshTime;
          const isNew = !before.isReady || refreshed === undefined || Date.parse(refreshed) >= earliest;
          if (now.isReady && isNew) open.delete(now.name);
          else open.set(now.name, { ...now, isReady: before.isReady });
          if (open.size === 0) ending.abort();
        },
        removed({ namespace, name }) {
          open.delete(`${kind.kind} ${namespace === "" ? name : `${namespace}/${name}`}`);
          if (open.size === 0) ending.abort();
        },
      },
      { signal: ending.signal },
    ),
  );
  if (open.size === 0) ending.abort();
  await sleep(milliseconds, undefined, { signal: ending.signal }).catch(() => {});
  ending.abort();
  await Promise.all(watches);
  return [...open.values()];
}
