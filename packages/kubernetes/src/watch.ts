import { setTimeout as sleep } from "node:timers/promises";
import { about } from "./about.ts";
import { listPath } from "./addresses.ts";
import type { ApiServer } from "./api-server.ts";
import type { ResourceKind } from "./kinds.ts";
import { KubernetesError } from "./kubernetes-error.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";
import { listAll } from "./list-all.ts";

/**
 * What a watch tells, in order. All of it is called one after the other; what a handler throws is not caught: it ends
 * the watch, since whoever follows would have missed something.
 */
export interface WatchHandler {
  /** There is a new object, or another version of one. Not called again for a version that was told already. */
  changed(object: KubernetesObject): void;
  /** The object is no longer there, or no longer fits the selector. */
  removed(object: { namespace: string; name: string; uid: string }): void;
  /** All that there is has been told. Comes after the first list, and after each list that followed an outage. */
  inStep?(): void;
  /** Something failed; changes are not heard of until the next `inStep` or `changed`. Tried again by itself. */
  failed?(error: KubernetesError): void;
}

export interface WatchOptions {
  /** Ends the watch. */
  signal: AbortSignal;
  /** Default: all namespaces. */
  namespace?: string;
  labelSelector?: string;
}

/** The server ends a watch after this time, and it is resumed where it was. */
const watchSeconds = 240;
/** The server sends bookmarks about each minute, so that silence for this long means a dead connection. */
const silenceMilliseconds = 150_000;
/** After a failure: a second, doubling up to half a minute, with jitter so that gateways do not come together. */
const backOff = { first: 1_000, most: 30_000 };

interface Known {
  uid: string;
  resourceVersion: string;
}

interface WatchEvent {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: KubernetesObject & { code?: number; message?: string };
}

/** @see KubernetesCluster.watch */
export async function watchObjects(
  api: ApiServer,
  kind: ResourceKind,
  handler: WatchHandler,
  { signal, namespace, labelSelector }: WatchOptions,
): Promise<void> {
  const selectors = labelSelector === undefined ? {} : { labelSelector };
  const known = new Map<string, Known>();
  let from: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    try {
      from ??= await listOnce(api, kind, namespace, selectors, handler, known);
      failures = 0;
      from = await followOnce(from);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof KubernetesError)) throw error;
      if (error.failure === "gone") {
        from = undefined;
        continue;
      }
      handler.failed?.(error);
      // What was missed is told after a resume, if the server still has it; else it says `gone`.
      const wait = Math.min(backOff.first * 2 ** failures, backOff.most) * (0.5 + Math.random() / 2);
      failures += 1;
      await sleep(wait, undefined, { signal }).catch(() => {});
    }
  }

  /** @returns the version to go on from when the server has ended the watch. */
  async function followOnce(start: string): Promise<string> {
    const wanted = {
      method: "GET",
      path: listPath(kind, namespace),
      query: {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: start,
        timeoutSeconds: watchSeconds,
        ...selectors,
      },
      ...about("watch", kind, namespace ?? "", undefined),
    } as const;
    for await (const line of api.lines(wanted, signal, silenceMilliseconds)) {
      const { type, object } = JSON.parse(line) as WatchEvent;
      if (type === "ERROR") throw endedBy(object, api);
      from = object.metadata.resourceVersion ?? from;
      if (type === "DELETED") forget(known, handler, keyOf(object), object.metadata.uid ?? "");
      else if (type !== "BOOKMARK") tell(known, handler, object);
    }
    return from ?? start;
  }
}

async function listOnce(
  api: ApiServer,
  kind: ResourceKind,
  namespace: string | undefined,
  selectors: { labelSelector?: string },
  handler: WatchHandler,
  known: Map<string, Known>,
): Promise<string> {
  const { items, resourceVersion } = await listAll(api, kind, namespace, selectors);
  const there = new Set(items.map(keyOf));
  for (const [key, { uid }] of known) if (!there.has(key)) forget(known, handler, key, uid);
  for (const item of items) tell(known, handler, item);
  handler.inStep?.();
  return resourceVersion;
}

function tell(known: Map<string, Known>, handler: WatchHandler, object: KubernetesObject): void {
  const { uid = "", resourceVersion = "" } = object.metadata;
  const key = keyOf(object);
  const before = known.get(key);
  if (before?.uid === uid && before.resourceVersion === resourceVersion) return;
  // Deleted and made anew while nobody listened.
  if (before && before.uid !== uid) forget(known, handler, key, before.uid);
  known.set(key, { uid, resourceVersion });
  handler.changed(object);
}

function forget(known: Map<string, Known>, handler: WatchHandler, key: string, uid: string): void {
  if (!known.delete(key)) return;
  const [namespace = "", name = ""] = key.split("/");
  handler.removed({ namespace, name, uid });
}

function keyOf({ metadata: { namespace = "", name } }: KubernetesObject): string {
  return `${namespace}/${name}`;
}

/** The server ends a watch with a Status: 410 if the version is too old. */
function endedBy({ code, message }: WatchEvent["object"], api: ApiServer): KubernetesError {
  return new KubernetesError(`the API server ended a watch: ${code} ${message ?? ""}`, {
    failure: code === 410 ? "gone" : "other",
    where: api.credentials.server,
    next: "it is taken up again by itself",
    ...(code === undefined ? {} : { status: code }),
  });
}
