/** Where the API server keeps the objects of one kind. */
export interface ResourceKind {
  /** Such as `external-secrets.io/v1`; `v1` for the core group. */
  readonly apiVersion: string;
  /** Such as `ExternalSecret`. */
  readonly kind: string;
  /** As in addresses and roles: `externalsecrets`. */
  readonly plural: string;
  /** Whether its objects lie in namespaces. */
  readonly namespaced: boolean;
}

function namespaced(apiVersion: string, kind: string, plural = `${kind.toLowerCase()}s`): ResourceKind {
  return { apiVersion, kind, plural, namespaced: true };
}

function clusterWide(apiVersion: string, kind: string, plural = `${kind.toLowerCase()}s`): ResourceKind {
  return { apiVersion, kind, plural, namespaced: false };
}

const eso = "external-secrets.io/v1";
const esoAlpha = "external-secrets.io/v1alpha1";
const admission = "admissionregistration.k8s.io/v1";
const rbac = "rbac.authorization.k8s.io/v1";

/** The kinds that Halfkey deals with. External Secrets serves `v1` from 0.16 on, PushSecrets as `v1alpha1`. */
export const kinds = {
  externalSecret: namespaced(eso, "ExternalSecret"),
  clusterExternalSecret: clusterWide(eso, "ClusterExternalSecret"),
  secretStore: namespaced(eso, "SecretStore"),
  clusterSecretStore: clusterWide(eso, "ClusterSecretStore"),
  pushSecret: namespaced(esoAlpha, "PushSecret"),
  clusterPushSecret: clusterWide(esoAlpha, "ClusterPushSecret"),

  configMap: namespaced("v1", "ConfigMap"),
  event: namespaced("v1", "Event"),
  namespace: clusterWide("v1", "Namespace"),
  node: clusterWide("v1", "Node"),
  pod: namespaced("v1", "Pod"),
  secret: namespaced("v1", "Secret"),
  service: namespaced("v1", "Service"),
  serviceAccount: namespaced("v1", "ServiceAccount"),

  daemonSet: namespaced("apps/v1", "DaemonSet"),
  deployment: namespaced("apps/v1", "Deployment"),
  replicaSet: namespaced("apps/v1", "ReplicaSet"),
  statefulSet: namespaced("apps/v1", "StatefulSet"),
  cronJob: namespaced("batch/v1", "CronJob"),
  job: namespaced("batch/v1", "Job"),
  ingress: namespaced("networking.k8s.io/v1", "Ingress", "ingresses"),

  clusterRole: clusterWide(rbac, "ClusterRole"),
  clusterRoleBinding: clusterWide(rbac, "ClusterRoleBinding"),
  role: namespaced(rbac, "Role"),
  roleBinding: namespaced(rbac, "RoleBinding"),

  customResourceDefinition: clusterWide("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
  validatingAdmissionPolicy: clusterWide(
    admission,
    "ValidatingAdmissionPolicy",
    "validatingadmissionpolicies",
  ),
  validatingAdmissionPolicyBinding: clusterWide(admission, "ValidatingAdmissionPolicyBinding"),
} as const satisfies Record<string, ResourceKind>;

/** The API group of a kind; empty for the core group. */
export function groupOf({ apiVersion }: ResourceKind): string {
  return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}

/** As `kubectl` and error messages name it: `externalsecrets.external-secrets.io`. */
export function resourceOf(kind: ResourceKind): string {
  const group = groupOf(kind);
  return group === "" ? kind.plural : `${kind.plural}.${group}`;
}

/** @throws {Error} for a kind that is not in {@link kinds}: a defect of the caller. */
export function kindOf(object: { apiVersion: string; kind: string }): ResourceKind {
  const found = Object.values(kinds).find(
    ({ apiVersion, kind }) => apiVersion === object.apiVersion && kind === object.kind,
  );
  if (!found) throw new Error(`packages/kubernetes knows no kind ${object.apiVersion} ${object.kind}`);
  return found;
}
