import type { KubernetesCluster } from "@halfkey/kubernetes";
import { CliError } from "../cli-error.ts";
import type { Context } from "../command.ts";
import { write } from "../terminal.ts";

/**
 * Does something with the cluster that the options name. The client is loaded here and not before: it costs 115 ms.
 *
 * @throws {CliError} in place of a KubernetesError: exit code 1 if no cluster was found, 2 if it said no.
 */
export async function withCluster<T>(
  { environment, globals, terminal }: Context,
  options: { kubeconfig: string | undefined; context: string | undefined },
  work: (cluster: KubernetesCluster) => Promise<T>,
): Promise<T> {
  const { KubernetesError, openCluster } = await import("@halfkey/kubernetes");
  try {
    const cluster = await openCluster({
      environment,
      ...(options.kubeconfig === undefined ? {} : { kubeconfigFile: options.kubeconfig }),
      ...(options.context === undefined ? {} : { context: options.context }),
    });
    if (globals.verbose || globals.debug) {
      await write(terminal.error, `halfkey: cluster ${cluster.server}, context ${cluster.context}\n`);
    }
    try {
      return await work(cluster);
    } finally {
      await cluster.close();
    }
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    throw new CliError(error.message, {
      exitCode: error.failure === "access" ? 1 : 2,
      where: error.where,
      next: error.next,
    });
  }
}
