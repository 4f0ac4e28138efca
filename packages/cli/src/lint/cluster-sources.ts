import type { Source } from "@halfkey/manifests/lint";
import { CliError } from "../cli-error.ts";

export interface ClusterChoice {
  context: string | undefined;
  kubeconfig: string | undefined;
  /** Only this one; default: all. */
  namespace: string | undefined;
}

/**
 * Every manifest of ESO in a cluster, each as a text of its own.
 *
 * @throws {CliError} if there is no cluster, or we may not list
 */
export async function clusterSources({ context, kubeconfig, namespace }: ClusterChoice): Promise<Source[]> {
  const [{ kinds, KubernetesError, openCluster }, { stringify }] = await Promise.all([
    import("@halfkey/kubernetes"),
    import("yaml"),
  ]);
  try {
    const cluster = await openCluster({
      ...(context === undefined ? {} : { context }),
      ...(kubeconfig === undefined ? {} : { kubeconfigFile: kubeconfig }),
    });
    try {
      const wanted = [
        kinds.clusterSecretStore,
        kinds.secretStore,
        kinds.clusterExternalSecret,
        kinds.externalSecret,
        kinds.clusterPushSecret,
        kinds.pushSecret,
      ];
      const sources: Source[] = [];
      for (const kind of wanted) {
        const options = kind.namespaced && namespace !== undefined ? { namespace } : {};
        const objects = await cluster.list(kind, options).catch((error: unknown) => {
          // Older releases lack the one or the other kind.
          if (error instanceof KubernetesError && error.failure === "unknown-kind") return [];
          throw error;
        });
        for (const { metadata, spec } of objects) {
          const { name, namespace: own } = metadata;
          const manifest = {
            apiVersion: kind.apiVersion,
            kind: kind.kind,
            metadata: { name, ...(own === undefined ? {} : { namespace: own }) },
            spec,
          };
          const file = `${kind.plural}/${own === undefined ? "" : `${own}/`}${name}`;
          sources.push({ file, text: stringify(manifest) });
        }
      }
      return sources;
    } finally {
      cluster.close();
    }
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    throw new CliError(error.message, { exitCode: 2, where: error.where, next: error.next });
  }
}
