/** Which cluster a command is about. */
export const clusterOptions = {
  kubeconfig: {
    kind: "text",
    placeholder: "FILE",
    completes: "file",
    summary: "instead of KUBECONFIG or ~/.kube/config; in a pod its own account is used",
  },
  context: { kind: "text", placeholder: "NAME", summary: "a context of the kubeconfig" },
} as const;

/** Where Halfkey keeps what it needs in a cluster. Who may write there may change the admission policy's grants. */
export const ownNamespace = "halfkey";
/** The field manager of everything that is applied. */
export const fieldManager = "halfkey";
/** Namespaces without it may not use the store. */
export const namespaceLabel = { name: "halfkey.dev/secrets", value: "true" } as const;
export const usualStore = "cm-akeyless";
