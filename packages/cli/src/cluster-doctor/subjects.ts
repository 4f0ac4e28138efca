import { type Check, fail, type Outcome, ok, skipped, warn } from "@halfkey/diagnosis";
import { conditionOf, isReady, KubernetesError, kinds, openCluster } from "@halfkey/kubernetes";
import { type ClusterPatient, nameOf } from "./cluster-patient.ts";

/** One after the other is looked at in depth; a hundred that fail mostly fail for one cause. */
const subjectsMax = 5;

export const cluster: Check<ClusterPatient> = {
  id: "cluster",
  title: "cluster",
  async look(patient) {
    const { context, kubeconfig } = patient;
    try {
      patient.cluster = await openCluster({
        ...(context === undefined ? {} : { context }),
        ...(kubeconfig === undefined ? {} : { kubeconfigFile: kubeconfig }),
      });
      await patient.cluster.canI({ verb: "list", kind: kinds.externalSecret });
      return ok(`${patient.cluster.server}, context ${patient.cluster.context}`);
    } catch (error) {
      return refused(error);
    }
  },
};

/** The operator's deployment, where it may be seen: its version tells how its events are to be read. */
export const operator: Check<ClusterPatient> = {
  id: "operator",
  title: "operator",
  needs: ["cluster"],
  async look({ cluster: api }) {
    const labelSelector = "app.kubernetes.io/name=external-secrets";
    const found = await api?.list(kinds.deployment, { labelSelector }).catch(() => undefined);
    const [one] = found ?? [];
    if (one === undefined) return skipped("its deployment is not to be seen here");
    const image = String(one.spec?.template?.spec?.containers?.[0]?.image ?? "");
    const version = image.split(":").at(-1) ?? "of unknown version";
    if ((one.status?.readyReplicas ?? 0) > 0) return ok(`External Secrets ${version} runs`);
    return fail(
      "operator-stopped",
      `deployment ${nameOf(one)} has no ready pod`,
      `kubectl describe deployment -n ${one.metadata.namespace} ${one.metadata.name}`,
    );
  },
};

/** Which ExternalSecrets are not ready. */
export const externalSecrets: Check<ClusterPatient> = {
  id: "external-secrets",
  title: "ExternalSecrets",
  needs: ["cluster"],
  async look(patient): Promise<Outcome> {
    const { cluster: api, externalSecret: wanted, namespace } = patient;
    if (api === undefined) return skipped("no cluster");
    try {
      if (wanted !== undefined) {
        const one = await api.get(kinds.externalSecret, wanted.namespace, wanted.name);
        if (one === undefined)
          return fail(
            "not-configured",
            `there is no ExternalSecret ${wanted.namespace}/${wanted.name}`,
            `kubectl get externalsecret -n ${wanted.namespace}`,
          );
        patient.subjects = [one];
        return ok(`${nameOf(one)}: ${conditionOf(one, "Ready")?.reason ?? "no condition yet"}`);
      }
      const all = await api.list(kinds.externalSecret, namespace === undefined ? {} : { namespace });
      const late = all.filter((one) => !isReady(one));
      patient.subjects = (late.length > 0 ? late : all).slice(0, subjectsMax);
      if (all.length === 0) return warn("there are none");
      if (late.length === 0) return ok(`all ${all.length} are ready`);
      return warn(
        `${late.length} of ${all.length} are not ready: ${late.slice(0, subjectsMax).map(nameOf).join(", ")}`,
      );
    } catch (error) {
      return refused(error);
    }
  },
};

export function refused(error: unknown): Outcome {
  if (!(error instanceof KubernetesError)) throw error;
  return fail(
    error.failure === "unknown-kind" ? "admission" : "cluster-unreachable",
    error.message,
    error.next,
  );
}
