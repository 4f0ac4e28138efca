export interface ObjectMetadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[];
  finalizers?: string[];
  managedFields?: unknown[];
}

export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/**
 * An object as the API server gives it. Only what all kinds share has a type: what stands in `spec` and the like was
 * checked by the server against the schema of its kind, which depends on the versions that the cluster runs.
 */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMetadata;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  spec?: any;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  status?: any;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  [field: string]: any;
}

/** What happened to an object, as `kubectl describe` tells it. */
export interface KubernetesEvent {
  type: "Normal" | "Warning";
  reason: string;
  /** Whatever the reporter wrote; External Secrets quotes a gateway's error text here. */
  message: string;
  /** Who reported it, such as `external-secrets`. */
  source: string;
  /** How often, between `firstSeen` and `lastSeen`. */
  count: number;
  firstSeen: Date;
  lastSeen: Date;
  about: { kind: string; namespace: string; name: string; uid: string };
}

/** The condition of one type, such as `Ready`. */
export function conditionOf(object: KubernetesObject, type: string): Condition | undefined {
  return object.status?.conditions?.find((one: Condition) => one.type === type);
}

export function isReady(object: KubernetesObject): boolean {
  return conditionOf(object, "Ready")?.status === "True";
}
