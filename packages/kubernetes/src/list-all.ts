import { about } from "./about.ts";
import { listPath } from "./addresses.ts";
import type { ApiServer } from "./api-server.ts";
import type { ResourceKind } from "./kinds.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";

/** Objects in one page of a list; what kubectl asks for as well. */
const pageSize = 500;

/** A whole list and the version that a watch goes on from. */
export async function listAll(
  api: ApiServer,
  kind: ResourceKind,
  namespace: string | undefined,
  selectors: { labelSelector?: string; fieldSelector?: string },
): Promise<{ items: KubernetesObject[]; resourceVersion: string }> {
  const items: KubernetesObject[] = [];
  let from: string | undefined;
  for (;;) {
    const page = await api.send<{
      items: KubernetesObject[];
      metadata: { continue?: string; resourceVersion: string };
    }>({
      method: "GET",
      path: listPath(kind, namespace),
      query: { limit: pageSize, continue: from, ...selectors },
      ...about("list", kind, namespace ?? "", undefined),
    });
    // The items of a list come without their kind.
    for (const item of page.items) items.push({ ...item, apiVersion: kind.apiVersion, kind: kind.kind });
    from = page.metadata.continue || undefined;
    if (from === undefined) return { items, resourceVersion: page.metadata.resourceVersion };
  }
}
