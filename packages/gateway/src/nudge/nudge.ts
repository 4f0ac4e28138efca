import {
  isReady,
  type KubernetesCluster,
  KubernetesError,
  type KubernetesObject,
  kinds,
  openCluster,
  resync,
  type WatchHandler,
} from "@halfkey/kubernetes";
import type { Log } from "@halfkey/runtime";
import type { Replica } from "../state/replica.ts";
import { ChangeFeed, type SeenChange } from "./change-feed.ts";
import { NudgeMetrics } from "./nudge-metrics.ts";
import type { NudgeOptions } from "./nudge-options.ts";
import { NudgeQueue, type Outcome, type Wish } from "./nudge-queue.ts";
import { ReadsIndex } from "./reads-index.ts";
import { Restarts } from "./restarts.ts";
import { TokenBucket } from "./token-bucket.ts";
import { kickMarkOf, markOf, type WatchedSecret, watchedSecret } from "./watched-secret.ts";

/** A kubeconfig may come later: with its volume, or with the operator's correction. */
const openRetryMs = 30_000;
/** The gateway that made a change nudges at once; others wait, and find it done. */
const othersDelayMs = 700;
/** So long after an outage stores that turn Ready still have their ExternalSecrets kicked. */
const recoveryMs = 15 * 60_000;

export type NudgeState = "starting" | "watching" | "failing";

/**
 * Tells External Secrets what to read again: whatever reads what was changed, and after an outage what had failed. It
 * never harms serving: it works beside, within bounds, and what fails is logged and counted.
 *
 * @see docs/nudge.md
 */
export class Nudge {
  readonly metrics: NudgeMetrics;
  readonly #options: NudgeOptions;
  readonly #log: Log;
  readonly #replica: Pick<Replica, "seq">;
  readonly #openCluster: typeof openCluster;
  readonly #feed: ChangeFeed;
  readonly #queue: NudgeQueue;
  readonly #index = new ReadsIndex();
  readonly #watched = new Map<string, WatchedSecret>();
  /** Per ExternalSecret the newest seq that somebody has marked it for. */
  readonly #marked = new Map<string, number>();
  /** Nudged from here after a change; restarts wait for its sync. */
  readonly #changing = new Set<string>();
  readonly #storesReady = new Map<string, boolean>();
  readonly #ended = new AbortController();
  #cluster: KubernetesCluster | undefined;
  #restarts: Restarts | undefined;
  #newestSeq = -1;
  #recoveringUntil = 0;
  #failures = new Map<string, string>();
  #inStep = false;

  constructor(parts: {
    options: NudgeOptions;
    replica: Pick<Replica, "seq" | "onChange">;
    log: Log;
    open?: typeof openCluster;
  }) {
    this.#openCluster = parts.open ?? openCluster;
    this.#options = parts.options;
    this.#log = parts.log;
    this.#replica = parts.replica;
    this.#feed = new ChangeFeed(parts.replica, (seen) => this.#changed(seen));
    this.#queue = new NudgeQueue({
      bucket: new TokenBucket(parts.options.perSecond, parts.options.burst),
      send: (key, wish) => this.#send(key, wish),
      settled: (outcome, wish, error) => this.#settled(outcome, wish, error),
    });
    this.metrics = new NudgeMetrics({
      watched: () => this.#watched.size,
      waiting: () => this.#queue.length,
    });
  }

  get state(): NudgeState {
    if (this.#failures.size > 0) return "failing";
    return this.#inStep ? "watching" : "starting";
  }

  /** Returns at once; it goes on until {@link stop}. The gateway is serving. */
  start(): void {
    void this.#run().catch((error: unknown) => this.#failed("watch", error));
  }

  /** The gateway serves again after an outage: whoever failed meanwhile is kicked. */
  recovered(): void {
    this.#recoveringUntil = performance.now() + recoveryMs;
    for (const [store, ready] of this.#storesReady) if (!ready) this.#kickStore(store);
    this.#kickFailing(() => true);
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    this.#feed.stop();
    this.#queue.stop();
    this.#restarts?.stop();
    await this.#cluster?.close();
  }

  async #run(): Promise<void> {
    const cluster = await this.#open();
    if (cluster === undefined) return;
    this.#cluster = cluster;
    if (this.#options.restarts)
      this.#restarts = new Restarts({ cluster, metrics: this.metrics, log: this.#log });
    this.#feed.start();
    this.recovered();
    const { signal } = this.#ended;
    const stores = this.#options.stores;
    const watches = [
      cluster.watch(
        kinds.externalSecret,
        this.#guarded("externalsecrets", {
          changed: (object) => this.#secretChanged(object),
          removed: ({ namespace, name }) => this.#forget(`${namespace}/${name}`),
          inStep: () => this.#begun(cluster),
        }),
        { signal },
      ),
      ...[kinds.clusterSecretStore, kinds.secretStore]
        .filter((kind) => stores.some((name) => name.includes("/") === kind.namespaced))
        .map((kind) =>
          cluster.watch(
            kind,
            this.#guarded(kind.plural, {
              changed: (object) => this.#storeChanged(object),
              removed: (gone) => void this.#storesReady.delete(storeName(gone)),
            }),
            { signal },
          ),
        ),
    ];
    await Promise.all(watches);
  }

  async #open(): Promise<KubernetesCluster | undefined> {
    const { kubeconfig } = this.#options;
    while (!this.#ended.signal.aborted) {
      try {
        const access = kubeconfig === undefined ? { inCluster: true } : { kubeconfigFile: kubeconfig };
        const cluster = await this.#openCluster(access);
        this.#failures.delete("access");
        return cluster;
      } catch (error) {
        this.#failed("access", error);
        await new Promise((resolve) => setTimeout(resolve, openRetryMs).unref());
      }
    }
    return undefined;
  }

  #begun({ server }: KubernetesCluster): void {
    if (!this.#inStep) this.#log.info({ server, externalSecrets: this.#watched.size }, "the nudge watches");
    this.#inStep = true;
  }

  /** A defect in what a watch calls must not end the watch. */
  #guarded(what: string, { changed, removed, inStep }: Omit<WatchHandler, "failed">): WatchHandler {
    const guard = (work: () => void) => {
      try {
        this.#failures.delete(what);
        work();
      } catch (error) {
        this.#log.error({ error: error as Error }, "the nudge met a defect");
      }
    };
    return {
      changed: (object) => guard(() => changed(object)),
      removed: (gone) => guard(() => removed(gone)),
      inStep: () => guard(() => inStep?.()),
      failed: (error) => this.#failed(what, error),
    };
  }

  /** Tells once of each lasting failure. */
  #failed(what: string, error: unknown): void {
    const message = error instanceof KubernetesError ? `${error.message}; ${error.next}` : String(error);
    if (this.#failures.get(what) === message) return;
    this.#failures.set(what, message);
    this.#log.warn(
      { reason: message },
      "the nudge does not work: External Secrets learns of changes at its next refresh",
    );
  }

  #secretChanged(object: KubernetesObject): void {
    const { namespace = "", name } = object.metadata;
    const key = `${namespace}/${name}`;
    const before = this.#watched.get(key);
    const now = watchedSecret(object, (store) => this.#options.stores.includes(store));
    if (now === undefined) {
      this.#forget(key);
      return;
    }
    this.#watched.set(key, now);
    if (before === undefined || JSON.stringify(before.reads) !== JSON.stringify(now.reads))
      this.#index.put(key, now.reads);
    if (now.mark !== undefined) this.#marked.set(key, Math.max(now.mark, this.#marked.get(key) ?? -1));
    else if (now.ready && before?.mark !== undefined && this.#changing.delete(key))
      this.#restarts?.secretChanged(now.namespace, now.target);
    // Of those that were there when the watch began, some failed while this gateway was away.
    if (before === undefined && now.failing) this.#kick(key, now);
  }

  #forget(key: string): void {
    this.#watched.delete(key);
    this.#index.remove(key);
    this.#marked.delete(key);
    this.#changing.delete(key);
    this.#queue.remove(key);
  }

  #storeChanged(object: KubernetesObject): void {
    const store = storeName({ namespace: object.metadata.namespace ?? "", name: object.metadata.name });
    if (!this.#options.stores.includes(store)) return;
    const before = this.#storesReady.get(store);
    const now = isReady(object);
    this.#storesReady.set(store, now);
    if (!this.#isRecovering) return;
    if (before === undefined && !now) this.#kickStore(store);
    // Nothing else wakes them: External Secrets does not when a store turns Ready.
    if (before === false && now) this.#kickFailing(({ stores }) => stores.has(store));
  }

  get #isRecovering(): boolean {
    return performance.now() < this.#recoveringUntil;
  }

  #kickStore(store: string): void {
    const [name = "", namespace = ""] = store.split("/").reverse();
    const kind = namespace === "" ? "ClusterSecretStore" : "SecretStore";
    if (this.#cluster === undefined) return;
    resync(this.#cluster, { kind, metadata: { name, namespace } }, new Date()).then(
      () => this.#log.info({}, "a store that was not Ready is checked again"),
      (error: unknown) => this.#log.warn({ error: error as Error }, "a store could not be kicked"),
    );
  }

  #kickFailing(which: (secret: WatchedSecret) => boolean): void {
    for (const [key, secret] of this.#watched) if (secret.failing && which(secret)) this.#kick(key, secret);
  }

  #kick(key: string, { stores }: WatchedSecret): void {
    if (!this.#isRecovering) return;
    // Before its store is Ready it would only fail again; when it turns Ready its turn comes.
    if ([...stores].some((store) => this.#storesReady.get(store) === false)) return;
    this.#queue.add(key, { seq: this.#replica.seq, since: performance.now(), changed: false });
  }

  #changed({ change, seq, since, own }: SeenChange): void {
    const delayMs = own ? 0 : othersDelayMs;
    // Another chain was accepted, whose numbers are lower: marks of the old one say nothing of it.
    if (seq < this.#newestSeq) this.#marked.clear();
    this.#newestSeq = seq;
    if (change === "policy") {
      // What was refused may be allowed now; what is allowed reads the same as before.
      for (const [key, { failing }] of this.#watched)
        if (failing) this.#queue.add(key, { seq, since, changed: false }, delayMs);
      return;
    }
    const wish = { seq, since, changed: true };
    if (change === "everything") {
      this.metrics.nudges.inc({ outcome: "lost" });
      for (const key of this.#watched.keys()) this.#queue.add(key, wish, delayMs);
      return;
    }
    for (const item of change.items)
      for (const key of this.#index.readersOf(item)) this.#queue.add(key, wish, delayMs);
  }

  async #send(key: string, { seq, changed }: Wish): Promise<Outcome> {
    const cluster = this.#cluster;
    const secret = this.#watched.get(key);
    if (secret === undefined || cluster === undefined) return "gone";
    // Its owner wants it to be left as it is; a mark would even keep the first sync of some from happening.
    if (!secret.refreshes) return "spared";
    if (changed ? (this.#marked.get(key) ?? -1) >= seq : secret.ready) return "spared";
    if (changed && this.#restarts !== undefined) this.#changing.add(key);
    try {
      await cluster.mergePatch(
        kinds.externalSecret,
        secret.namespace,
        secret.name,
        { status: { syncedResourceVersion: changed ? markOf(seq) : kickMarkOf(seq) } },
        { subresource: "status" },
      );
      return "sent";
    } catch (error) {
      if (error instanceof KubernetesError && error.failure === "absent") return "gone";
      throw error;
    }
  }

  #settled(outcome: Outcome | "failed", { since, changed }: Wish, error?: unknown): void {
    this.metrics.nudges.inc({ outcome });
    if (outcome === "failed") this.#failed("patch", error);
    if (outcome !== "sent") return;
    this.#failures.delete("patch");
    if (changed) this.metrics.seconds.observe((performance.now() - since) / 1000);
  }
}

function storeName({ namespace, name }: { namespace: string; name: string }): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}
