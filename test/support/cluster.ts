import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { clusterToolsMissing, startClusterProcess } from "./cluster-process.ts";
import { runCommand } from "./run-command.ts";

export { clusterToolsMissing };

/** A Kubernetes object as JSON, read no further than a test needs. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into objects whose shapes only the API server knows
export type KubernetesObject = Record<string, any>;

export interface KubernetesEvent {
  /** `Normal` or `Warning`. */
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** A real API server with the real External Secrets Operator (test/cluster), for one suite alone. */
export interface Cluster {
  /** Path of a file that makes its reader cluster administrator. */
  readonly kubeconfig: string;
  /** Runs kubectl and returns what it prints. @throws {Error} With kubectl's explanation. */
  kubectl(args: readonly string[], stdin?: string): Promise<string>;
  /** Creates or changes objects, given as such or as YAML text. */
  apply(manifest: KubernetesObject | readonly KubernetesObject[] | string): Promise<void>;
  /** The object, or `undefined` if there is none. An empty `namespace` is for kinds that have none. */
  get(kind: string, namespace: string, name: string): Promise<KubernetesObject | undefined>;
  /** What happened to an object of the namespace, oldest first. */
  events(namespace: string, name: string): Promise<KubernetesEvent[]>;
  /**
   * Asks again and again until the answer is neither `undefined` nor `false`, and returns it. An error counts as no
   * answer yet.
   *
   * @throws {Error} After `timeoutMs`, with the description and the last error. The logs are kept then.
   */
  waitFor<T>(description: string, ask: () => Promise<T | undefined | false>, timeoutMs: number): Promise<T>;
  /** For a suite that has failed: {@link stop} then leaves the logs and prints where. */
  keepLogs(): void;
  /** Ends the cluster's programs. */
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /** Flags for the operator's controllers; without any it runs as installed by default, with one worker. */
  readonly esoFlags?: readonly string[];
}

/** Starts a cluster in about 7 s, or some minutes where it has never been built; tells of the latter on stderr. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { folder, end } = await startClusterProcess(options.esoFlags ?? []);
  const kubeconfig = join(folder, "admin.kubeconfig");
  const env = {
    ...process.env,
    KUBECONFIG: kubeconfig,
    KUBECACHEDIR: join(folder, "kubectl-cache"),
    KUBERC: "off",
  };
  let keepLogs = false;

  const kubectl: Cluster["kubectl"] = (args, stdin) =>
    runCommand(join(folder, "kubectl"), args, stdin === undefined ? { env } : { env, stdin });
  const inNamespace = (namespace: string) => (namespace === "" ? [] : ["--namespace", namespace]);

  return {
    kubeconfig,
    kubectl,
    async apply(manifest) {
      await kubectl(["apply", "-f", "-"], typeof manifest === "string" ? manifest : asList(manifest));
    },
    async get(kind, namespace, name) {
      const found = await kubectl([
        "get",
        kind,
        name,
        ...inNamespace(namespace),
        "--ignore-not-found",
        "-o",
        "json",
      ]);
      return found === "" ? undefined : JSON.parse(found);
    },
    async events(namespace, name) {
      const about = [
        "--field-selector",
        `involvedObject.name=${name}`,
        "--sort-by",
        ".metadata.creationTimestamp",
      ];
      const list = await kubectl(["get", "events", ...inNamespace(namespace), ...about, "-o", "json"]);
      return JSON.parse(list).items;
    },
    async waitFor(description, ask, timeoutMs) {
      const giveUpAt = Date.now() + timeoutMs;
      for (;;) {
        let cause: unknown;
        const answer = await ask().catch((error: unknown) => {
          cause = error;
          return undefined;
        });
        if (answer !== undefined && answer !== false) return answer;
        if (Date.now() > giveUpAt) {
          keepLogs = true;
          throw new Error(`waited ${timeoutMs / 1000} s for this: ${description}`, { cause });
        }
        await sleep(100);
      }
    },
    keepLogs() {
      keepLogs = true;
    },
    async stop() {
      await end(keepLogs);
      if (keepLogs) process.stderr.write(`the test cluster's logs are in ${join(folder, "log")}\n`);
    },
  };
}

function asList(manifest: KubernetesObject | readonly KubernetesObject[]): string {
  const items = Array.isArray(manifest) ? manifest : [manifest];
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}
