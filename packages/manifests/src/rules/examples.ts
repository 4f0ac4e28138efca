/** Parts of an example's `spec`, as YAML; an empty one leaves the part out. */
export interface ExampleParts {
  apiVersion?: string;
  refresh?: string;
  store?: string;
  target?: string;
  data?: string;
  /** Anything else. */
  more?: string;
}

const password = "data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/app/password";

/** A whole ExternalSecret in namespace `joplin`, right but for what is given. */
export function externalSecret(parts: ExampleParts): string {
  const spec = [
    parts.refresh ?? "refreshInterval: 1m",
    parts.store ?? "secretStoreRef:\n  kind: ClusterSecretStore\n  name: cm-akeyless",
    parts.target === undefined ? "" : `target:\n${indented(parts.target)}`,
    parts.data ?? password,
    parts.more ?? "",
  ];
  return manifest(parts.apiVersion ?? "external-secrets.io/v1", "ExternalSecret", "app", spec);
}

/** One with only a template of `data`. */
export function withTemplate(data: string): string {
  return externalSecret({ target: `template:\n  data:\n${indented(indented(data))}` });
}

/** The store `cm-akeyless`. */
export function clusterSecretStore({ url, auth }: { url?: string; auth?: string }): string {
  const provider = [
    `akeylessGWApiURL: ${url ?? "https://cm.home.tillo.ch/akeyless-api/v2"}`,
    "authSecretRef:",
    indented(
      auth ??
        "kubernetesAuth:\n  accessID: p-halfkey-eso\n  k8sConfName: harvester\n  serviceAccountRef:\n    name: default",
    ),
  ].join("\n");
  const spec = [`provider:\n  akeyless:\n${indented(indented(provider))}`];
  return manifest("external-secrets.io/v1", "ClusterSecretStore", "cm-akeyless", spec);
}

export function pushSecret(more: string): string {
  const spec = [
    "secretStoreRefs:\n- kind: ClusterSecretStore\n  name: cm-akeyless",
    "selector:\n  secret:\n    name: app",
    "data:\n- match:\n    secretKey: PW\n    remoteRef:\n      remoteKey: /mdapi/joplin/app/password",
    more,
  ];
  return manifest("external-secrets.io/v1alpha1", "PushSecret", "app", spec);
}

function manifest(apiVersion: string, kind: string, name: string, spec: readonly string[]): string {
  const namespace = kind.startsWith("Cluster") ? "" : "\n  namespace: joplin";
  const parts = indented(spec.filter(Boolean).join("\n"));
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${name}${namespace}\nspec:\n${parts}\n`;
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}
