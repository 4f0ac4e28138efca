import { isDeepStrictEqual } from "node:util";
import type { KubernetesCluster, KubernetesObject } from "@halfkey/kubernetes";
import { fieldManager } from "./cluster-options.ts";

export interface Applied {
  object: string;
  change: "created" | "changed" | "unchanged";
}

/**
 * Makes what applies objects in order and tells what that changed; with `dryRun` the API server tells what it would
 * change. Fields that somebody else applied are taken over.
 */
export function objectApplier(
  cluster: KubernetesCluster,
  dryRun: boolean,
): (objects: readonly KubernetesObject[]) => Promise<Applied[]> {
  /** In a dry run these are not there for what lies in them. */
  const newNamespaces = new Set<string>();
  return async (objects) => {
    const { kindOf } = await import("@halfkey/kubernetes");
    const results: Applied[] = [];
    for (const object of objects) {
      const { namespace = "", name } = object.metadata;
      const before = await cluster.get(kindOf(object), namespace, name);
      if (before === undefined && object.kind === "Namespace") newNamespaces.add(name);
      const isPretended = dryRun && newNamespaces.has(namespace);
      const after = isPretended ? object : await cluster.apply(object, { fieldManager, dryRun, force: true });
      const isSame = before !== undefined && isDeepStrictEqual(bare(before), bare(after));
      results.push({
        object: `${object.kind} ${namespace === "" ? name : `${namespace}/${name}`}`,
        change: before === undefined ? "created" : isSame ? "unchanged" : "changed",
      });
    }
    return results;
  };
}

/** Without what the server keeps by itself. */
function bare({ metadata, status: _status, ...rest }: KubernetesObject): object {
  const { managedFields: _fields, resourceVersion: _version, generation: _generation, ...kept } = metadata;
  return { ...rest, metadata: kept };
}
