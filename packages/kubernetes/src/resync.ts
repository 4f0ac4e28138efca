import { setTimeout as sleep } from "node:timers/promises";
import { kinds } from "./kinds.ts";
import type { KubernetesCluster } from "./kubernetes-cluster.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";

/**
 * Any change of its annotations makes External Secrets sync an ExternalSecret, and check a store, at once instead of
 * after up to 7 minutes of back-off. A ClusterExternalSecret hands its own annotation of this name on to its children, and
 * takes one away that only a child has: docs/decisions/0012-nudges-are-marks-in-the-status.md.
 */
export const resyncAnnotation = "external-secrets.io/force-sync";

/** The merge patch that asks for a sync now; two with the same `at` are one. */
export function resyncPatch(at: Date): object {
  return { metadata: { annotations: { [resyncAnnotation]: at.toISOString() } } };
}

export type Resyncable = Pick<KubernetesObject, "kind" | "metadata">;

/** Asks External Secrets to look at a store or an ExternalSecret or PushSecret now. @throws {KubernetesError} */
export async function resync(
  cluster: KubernetesCluster,
  { kind, metadata }: Resyncable,
  at: Date,
): Promise<void> {
  const found = Object.values(kinds).find((one) => one.kind === kind);
  if (!found) throw new Error(`nothing syncs a ${kind}`);
  await cluster.mergePatch(
    found,
    found.namespaced ? (metadata.namespace ?? "") : "",
    metadata.name,
    resyncPatch(at),
  );
}

/** Lets callers through at a bounded rate: the first at once, the others one interval apart, in order. */
export class Pace {
  readonly #interval: number;
  #next = 0;

  /** @param perSecond How many may pass in a second, evenly spread. */
  constructor(perSecond: number) {
    this.#interval = 1000 / perSecond;
  }

  /** Resolves when it is the caller's turn; rejects if the signal ends the wait. */
  async turn(signal?: AbortSignal): Promise<void> {
    const now = performance.now();
    const mine = Math.max(now, this.#next);
    this.#next = mine + this.#interval;
    if (mine > now) await sleep(mine - now, undefined, signal === undefined ? {} : { signal });
  }
}
