import type { ClusterAccess, Credentials } from "./cluster-access.ts";
import { inClusterCredentials, isInCluster } from "./in-cluster.ts";
import { kubeconfigCredentials, kubeconfigFiles } from "./kubeconfig.ts";
import { KubernetesError } from "./kubernetes-error.ts";

/** Looks where {@link ClusterAccess} says. @throws {KubernetesError} if there is nothing, or something broken. */
export async function findCredentials(access: ClusterAccess): Promise<Credentials> {
  const environment = access.environment ?? process.env;
  if (access.inCluster) return inClusterCredentials(environment);
  const files = kubeconfigFiles(access.kubeconfigFile, environment);
  if (files.length > 0) return kubeconfigCredentials(files, access.context, environment);
  if (access.context === undefined && isInCluster(environment)) return inClusterCredentials(environment);
  throw new KubernetesError("no kubeconfig was found, and this is no pod", {
    failure: "access",
    where: environment.KUBECONFIG ?? "~/.kube/config",
    next: "set KUBECONFIG, or name a file with --kubeconfig",
  });
}
