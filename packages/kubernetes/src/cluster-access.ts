/** How to find a cluster. Without anything: `KUBECONFIG`, then `~/.kube/config`, then the pod's own account. */
export interface ClusterAccess {
  /** A kubeconfig; stands over `KUBECONFIG`. */
  kubeconfigFile?: string;
  /** One of its contexts, instead of its current one. */
  context?: string;
  /** The account of the pod that this runs in, whatever kubeconfig there is. */
  inCluster?: boolean;
  /** Default: `process.env`. */
  environment?: NodeJS.ProcessEnv;
}

/** How to reach one API server, and as whom. Secret, except for the first four fields: never log it whole. */
export interface Credentials {
  /** Such as `https://10.0.0.1:6443`, without a slash at its end. */
  readonly server: string;
  /** The context's name; `in-cluster` in a pod. */
  readonly context: string;
  /** PEM of the CA that signed the server's certificate; undefined means the system's CAs. */
  readonly caPem: string | undefined;
  /** What the next request says of us; asked for each, since tokens are renewed. */
  headers(): Promise<Record<string, string>>;
  /** Forgets a token that the server refused. @returns whether asking again may give another one. */
  renew(): boolean;
  readonly tls: {
    cert?: string;
    key?: string;
    servername?: string;
    rejectUnauthorized?: false;
  };
  readonly proxyUrl: string | undefined;
}
