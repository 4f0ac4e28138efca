import type { ResourceKind } from "./kinds.ts";
import type { KubernetesEvent, KubernetesObject } from "./kubernetes-object.ts";
import type { WatchHandler, WatchOptions } from "./watch.ts";

export interface ListOptions {
  /** Default: all namespaces. */
  namespace?: string;
  /** Such as `app=joplin,tier!=db`. */
  labelSelector?: string;
  /** Such as `involvedObject.name=db`; each kind supports but a few fields. */
  fieldSelector?: string;
}

export interface ApplyOptions {
  /** Who owns the fields that the object names; fields that this manager owned and no longer names go. */
  fieldManager: string;
  /** The server does everything but keep the result. */
  dryRun?: boolean;
  /** Takes over fields that another manager owns; else that is a `conflict`. */
  force?: boolean;
}

export interface PatchOptions {
  /** The status alone, which has a right of its own; without this nothing of it is changed. */
  subresource?: "status";
}

/** A right, in the API server's words. */
export interface Right {
  /** Such as `get`, `list`, `watch`, `patch`, `create`. */
  verb: string;
  kind: ResourceKind;
  /** Such as `token` of a service account. */
  subresource?: string;
  /** Default: in all namespaces. */
  namespace?: string;
  name?: string;
}

/**
 * One API server, as one of its users. Every call throws a {@link KubernetesError} if it fails; but for
 * {@link KubernetesCluster.watch} each ends within 10 s (a list: each page). An empty `namespace` is for kinds
 * that have none.
 */
export interface KubernetesCluster {
  /** Such as `https://10.0.0.1:6443`. */
  readonly server: string;
  /** The kubeconfig's context, or `in-cluster`. */
  readonly context: string;
  /** PEM of the CA that signed the server's certificate; undefined if the system's CAs are trusted. */
  readonly caPem: string | undefined;

  /** @returns undefined if there is no such object; throws `unknown-kind` if there is no such kind. */
  get(kind: ResourceKind, namespace: string, name: string): Promise<KubernetesObject | undefined>;

  /** All of them, however many pages that takes. */
  list(kind: ResourceKind, options?: ListOptions): Promise<KubernetesObject[]>;

  /**
   * Creates it, or changes the fields that it names (server-side apply).
   *
   * @returns the object as it is now; with `dryRun` as it would be.
   */
  apply(object: KubernetesObject, options: ApplyOptions): Promise<KubernetesObject>;

  /** Changes what the patch names; `null` removes (RFC 7396). @throws `absent` if there is no such object. */
  mergePatch(
    kind: ResourceKind,
    namespace: string,
    name: string,
    patch: object,
    options?: PatchOptions,
  ): Promise<KubernetesObject>;

  /** Deletes it, and in the background what it owns. Nothing happens if it is not there. */
  remove(kind: ResourceKind, namespace: string, name: string): Promise<void>;

  /** What happened to an object, oldest first. The API server forgets after an hour. */
  events(namespace: string, name: string, kind?: ResourceKind): Promise<KubernetesEvent[]>;

  /**
   * A token of a service account (TokenRequest). Secret.
   *
   * @param request.expirationSeconds At least 600, which is the API server's minimum.
   */
  createToken(
    namespace: string,
    serviceAccount: string,
    request: { audiences: string[]; expirationSeconds: number },
  ): Promise<string>;

  /**
   * Tells of every object that is there, then of every change, until the signal ends it. It survives broken
   * connections and API servers that are away: see {@link WatchHandler}.
   *
   * @returns when the signal has ended it. It never throws: a lasting failure is told to the handler, each time.
   */
  watch(kind: ResourceKind, handler: WatchHandler, options: WatchOptions): Promise<void>;

  /** Whether we may, as the API server's authorizers see it; admission policies are not asked. */
  canI(right: Right): Promise<boolean>;

  /** Ends the connections. Watches are ended by their signal, first. */
  close(): Promise<void>;
}
