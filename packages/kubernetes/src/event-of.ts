import type { KubernetesEvent, KubernetesObject } from "./kubernetes-object.ts";

/** Reads an event of the core group, in the old form and in the one of events.k8s.io. */
export function eventOf(event: KubernetesObject): KubernetesEvent {
  const { involvedObject: about = {}, series, metadata } = event;
  const created = metadata.creationTimestamp;
  const lastSeen = series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? created;
  return {
    type: event.type === "Warning" ? "Warning" : "Normal",
    reason: String(event.reason ?? ""),
    message: String(event.message ?? ""),
    source: String(event.source?.component || event.reportingComponent || ""),
    count: Number(series?.count ?? event.count ?? 1),
    firstSeen: new Date(event.firstTimestamp ?? event.eventTime ?? created),
    lastSeen: new Date(lastSeen),
    about: {
      kind: String(about.kind ?? ""),
      namespace: String(about.namespace ?? ""),
      name: String(about.name ?? ""),
      uid: String(about.uid ?? ""),
    },
  };
}
