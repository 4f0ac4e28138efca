import { type KubernetesCluster, type KubernetesObject, kinds } from "@halfkey/kubernetes";
import type { Log } from "@halfkey/runtime";
import type { NudgeMetrics } from "./nudge-metrics.ts";

/** On a workload: `true` for every Secret that its pods use, or the names of Secrets, comma-separated. */
export const restartAnnotation = "halfkey.dev/restart-on-change";
/** On its pod template: Kubernetes replaces the pods when that changes. */
export const restartedAnnotation = "halfkey.dev/restarted-at";

const workloads = [kinds.deployment, kinds.statefulSet, kinds.daemonSet];
/** Secrets that change together cause one restart. */
const gatherMs = 1000;

/** Restarts what asks for it once its Secret has been written anew. */
export class Restarts {
  readonly #parts: { cluster: KubernetesCluster; metrics: NudgeMetrics; log: Log };
  readonly #gathering = new Map<string, Set<string>>();
  #stopped = false;

  constructor(parts: { cluster: KubernetesCluster; metrics: NudgeMetrics; log: Log }) {
    this.#parts = parts;
  }

  secretChanged(namespace: string, secret: string): void {
    const gathered = this.#gathering.get(namespace);
    if (gathered !== undefined) {
      gathered.add(secret);
      return;
    }
    this.#gathering.set(namespace, new Set([secret]));
    setTimeout(() => void this.#restart(namespace), gatherMs).unref();
  }

  stop(): void {
    this.#stopped = true;
  }

  async #restart(namespace: string): Promise<void> {
    const secrets = this.#gathering.get(namespace) ?? new Set();
    this.#gathering.delete(namespace);
    const { cluster, metrics, log } = this.#parts;
    for (const kind of workloads) {
      try {
        if (this.#stopped) return;
        for (const workload of await cluster.list(kind, { namespace })) {
          if (!wantsRestart(workload, secrets)) continue;
          const annotations = { [restartedAnnotation]: new Date().toISOString() };
          const patch = { spec: { template: { metadata: { annotations } } } };
          await cluster.mergePatch(kind, namespace, workload.metadata.name, patch);
          metrics.restarts.inc({ outcome: "sent" });
        }
      } catch (error) {
        metrics.restarts.inc({ outcome: "failed" });
        log.warn({ error: error as Error }, "a workload could not be restarted after its Secret changed");
      }
    }
  }
}

/** Whether a workload is to be restarted when one of these Secrets of its namespace has changed. */
export function wantsRestart(workload: KubernetesObject, changed: ReadonlySet<string>): boolean {
  const wish = workload.metadata.annotations?.[restartAnnotation]?.trim();
  if (wish === undefined || wish === "" || wish === "false") return false;
  const secrets = wish === "true" ? secretsOf(workload) : wish.split(",").map((name) => name.trim());
  return secrets.some((name) => changed.has(name));
}

/** Names of the Secrets that a workload's pods take values from: by variables and by volumes. */
function secretsOf(workload: KubernetesObject): string[] {
  const pod = workload.spec?.template?.spec ?? {};
  const containers = [...(pod.containers ?? []), ...(pod.initContainers ?? [])];
  const names: unknown[] = [
    ...containers.flatMap(({ envFrom = [] }) => envFrom.map((one: Named) => one.secretRef?.name)),
    ...containers.flatMap(({ env = [] }) => env.map((one: Named) => one.valueFrom?.secretKeyRef?.name)),
    ...(pod.volumes ?? []).flatMap(({ secret, projected }: Volume) => [
      secret?.secretName,
      ...(projected?.sources ?? []).map((source) => source.secret?.name),
    ]),
  ];
  return names.filter((name) => typeof name === "string");
}

interface Named {
  secretRef?: { name?: string };
  valueFrom?: { secretKeyRef?: { name?: string } };
}

interface Volume {
  secret?: { secretName?: string };
  projected?: { sources?: { secret?: { name?: string } }[] };
}
