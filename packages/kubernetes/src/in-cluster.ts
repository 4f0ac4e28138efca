import { existsSync, readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import type { Credentials } from "./cluster-access.ts";
import { KubernetesError } from "./kubernetes-error.ts";

/** Where a kubelet puts what a pod needs to talk to its API server. */
const mounted = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The kubelet renews the file long before its token expires. */
const rereadMilliseconds = 60_000;

export function isInCluster(environment: NodeJS.ProcessEnv, folder = mounted): boolean {
  return environment.KUBERNETES_SERVICE_HOST !== undefined && existsSync(join(folder, "token"));
}

/** The service account of the pod that this process runs in. @throws {KubernetesError} outside of a pod. */
export function inClusterCredentials(environment: NodeJS.ProcessEnv, folder = mounted): Credentials {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = "443" } = environment;
  if (host === undefined || !isInCluster(environment, folder)) {
    throw new KubernetesError("this process runs in no pod that has a service account", {
      failure: "access",
      where: folder,
      next: "name a kubeconfig, or let the pod mount its service account's token",
    });
  }
  const token = rereadFile(join(folder, "token"));
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    context: "in-cluster",
    caPem: readFileSync(join(folder, "ca.crt"), "utf8"),
    headers: async () => ({ authorization: `Bearer ${token.read()}` }),
    renew: () => token.forget(),
    tls: {},
    proxyUrl: undefined,
  };
}

/** A file with a token that somebody else renews: read again each minute, and when the server refuses the token. */
export function rereadFile(file: string): { read(): string; forget(): boolean } {
  let text: string | undefined;
  let readAt = 0;
  return {
    read() {
      if (text === undefined || Date.now() - readAt > rereadMilliseconds) {
        text = readFileSync(file, "utf8").trim();
        readAt = Date.now();
      }
      return text;
    },
    forget() {
      text = undefined;
      return true;
    },
  };
}
