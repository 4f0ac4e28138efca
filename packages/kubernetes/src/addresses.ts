import type { ResourceKind } from "./kinds.ts";

/** The path of all objects of a kind, in one namespace or in all. */
export function listPath({ apiVersion, plural, namespaced }: ResourceKind, namespace = ""): string {
  const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = namespaced && namespace !== "" ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${base}${within}/${plural}`;
}

/** The path of one object. */
export function objectPath(kind: ResourceKind, namespace: string, name: string): string {
  if (kind.namespaced === (namespace === "")) {
    throw new Error(`a ${kind.kind} ${kind.namespaced ? "needs a" : "has no"} namespace`);
  }
  return `${listPath(kind, namespace)}/${encodeURIComponent(name)}`;
}
