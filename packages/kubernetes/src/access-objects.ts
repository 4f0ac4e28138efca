import type { KubernetesObject } from "./kubernetes-object.ts";

/**
 * The least that each part of Halfkey needs in a cluster: a service account, and a role for all namespaces. None may
 * read a Secret.
 *
 * - `nudge`: the gateway that makes External Secrets read at once what was changed
 *   (docs/nudge.md); of an ExternalSecret it may change the status alone, and of stores only ours
 * - `kick`: for `halfkey k8s kick`
 * - `check`: `halfkey k8s check`. It logs in as each namespace, so it may make tokens of every service account; roles
 *   cannot bound a token's audience. Give it to operators only.
 */
export const accessPurposes = ["nudge", "kick", "check"] as const;
export type AccessPurpose = (typeof accessPurposes)[number];

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

const synced = ["externalsecrets", "clustersecretstores", "secretstores", "pushsecrets"];
const wake: Rule[] = [
  { apiGroups: ["external-secrets.io"], resources: synced, verbs: ["get", "list", "watch", "patch"] },
];

const eso = ["external-secrets.io"];
const stores = ["clustersecretstores", "secretstores"];
const mark: Rule[] = [
  { apiGroups: eso, resources: ["externalsecrets", ...stores], verbs: ["list", "watch"] },
  { apiGroups: eso, resources: ["externalsecrets/status"], verbs: ["patch"] },
  { apiGroups: eso, resources: stores, resourceNames: ["cm-akeyless"], verbs: ["patch"] },
];

const rulesOf: Record<AccessPurpose, Rule[]> = {
  nudge: mark,
  kick: wake,
  check: [
    {
      apiGroups: ["external-secrets.io"],
      resources: ["externalsecrets", "clustersecretstores"],
      verbs: ["get", "list"],
    },
    { apiGroups: [""], resources: ["serviceaccounts/token"], verbs: ["create"] },
  ],
};

/** The objects that give one purpose its rights. */
export function accessObjects(purpose: AccessPurpose, namespace: string): KubernetesObject[] {
  const name = `halfkey-${purpose}`;
  const rbac = "rbac.authorization.k8s.io";
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: { name },
      rules: rulesOf[purpose],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  ];
}

/**
 * The service account whose token the gateway shows to the API server: to see its keys, which every service account may
 * by default, and with mode `review` to ask whether a token is good. The token does not expire: the gateway has to log
 * callers in for as long as it runs.
 */
export function reviewerObjects(namespace: string, mode: "offline" | "review"): KubernetesObject[] {
  const name = "halfkey-reviewer";
  const rbac = "rbac.authorization.k8s.io";
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
    {
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/service-account-token",
      metadata: { name, namespace, annotations: { "kubernetes.io/service-account.name": name } },
    },
    ...(mode === "review"
      ? [
          {
            apiVersion: `${rbac}/v1`,
            kind: "ClusterRoleBinding",
            metadata: { name },
            roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "system:auth-delegator" },
            subjects: [{ kind: "ServiceAccount", name, namespace }],
          },
        ]
      : []),
  ];
}
