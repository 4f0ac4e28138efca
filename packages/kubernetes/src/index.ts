export { type AccessPurpose, accessObjects, accessPurposes, reviewerObjects } from "./access-objects.ts";
export type { ClusterAccess } from "./cluster-access.ts";
export { groupOf, kindOf, kinds, type ResourceKind, resourceOf } from "./kinds.ts";
export type {
  ApplyOptions,
  KubernetesCluster,
  ListOptions,
  PatchOptions,
  Right,
} from "./kubernetes-cluster.ts";
export { KubernetesError, type KubernetesFailure } from "./kubernetes-error.ts";
export {
  type Condition,
  conditionOf,
  isReady,
  type KubernetesEvent,
  type KubernetesObject,
  type ObjectMetadata,
} from "./kubernetes-object.ts";
export { openCluster } from "./open-cluster.ts";
export { Pace, type Resyncable, resync, resyncAnnotation, resyncPatch } from "./resync.ts";
export type { WatchHandler, WatchOptions } from "./watch.ts";
