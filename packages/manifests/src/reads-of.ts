import type { Place } from "./place.ts";
import { asList, asRecord, asText, type Plain } from "./plain.ts";

/** A store as a manifest names it. A `SecretStore` lives in the manifest's own namespace. */
export interface StoreReference {
  kind: "SecretStore" | "ClusterSecretStore";
  /** Undefined where a PushSecret chooses its stores by their labels. */
  name: string | undefined;
}

/** What `dataFrom[].find` looks for; {@link matcherOf} says how. */
export interface Find {
  path?: string;
  /** RE2 syntax. */
  name?: string;
  tags?: Readonly<Record<string, string>>;
}

/** Something that a manifest reads from a store, or writes to it. */
export interface Access {
  access: "read" | "write";
  store: StoreReference;
  /** One item, spelled as in the manifest, or all that match. */
  target: { key: string } | { find: Find };
  /** Of the key, or of the `find`. */
  place: Place;
}

/**
 * What an ExternalSecret or PushSecret, or the cluster-wide form of either, reads or writes, in any API version. It
 * takes whatever was parsed: what does not have the shape reads nothing, as what ESO cannot do reads nothing either.
 *
 * @see External Secrets Operator, pkg/controllers/externalsecret/externalsecret_controller_secret.go
 */
export function readsOf(manifest: unknown): Access[] {
  const { kind, spec } = asRecord(manifest);
  switch (kind) {
    case "ExternalSecret":
      return readsOfExternalSecret(asRecord(spec), ["spec"]);
    case "ClusterExternalSecret":
      return readsOfExternalSecret(asRecord(asRecord(spec).externalSecretSpec), [
        "spec",
        "externalSecretSpec",
      ]);
    case "PushSecret":
      return writesOfPushSecret(asRecord(spec), ["spec"]);
    case "ClusterPushSecret":
      return writesOfPushSecret(asRecord(asRecord(spec).pushSecretSpec), ["spec", "pushSecretSpec"]);
    default:
      return [];
  }
}

function readsOfExternalSecret(spec: Plain, at: Place): Access[] {
  const usual = storeOf(spec.secretStoreRef);
  const data = asList(spec.data).flatMap((entry, index): Access[] => {
    const { remoteRef, sourceRef } = asRecord(entry);
    const store = sourceRef === undefined ? usual : storeOf(asRecord(sourceRef).storeRef);
    const key = asText(asRecord(remoteRef).key);
    if (!store || key === undefined) return [];
    return [{ access: "read", store, target: { key }, place: [...at, "data", index, "remoteRef", "key"] }];
  });
  const dataFrom = asList(spec.dataFrom).flatMap((entry, index): Access[] => {
    const { extract, find, sourceRef } = asRecord(entry);
    const own = asRecord(sourceRef).storeRef;
    const store = own === undefined ? usual : storeOf(own);
    if (!store) return [];
    const place = [...at, "dataFrom", index];
    if (find !== undefined) {
      return [{ access: "read", store, target: { find: findOf(asRecord(find)) }, place: [...place, "find"] }];
    }
    const key = asText(asRecord(extract).key);
    if (key === undefined) return [];
    return [{ access: "read", store, target: { key }, place: [...place, "extract", "key"] }];
  });
  return [...data, ...dataFrom];
}

function writesOfPushSecret(spec: Plain, at: Place): Access[] {
  const stores = asList(spec.secretStoreRefs).flatMap((one): StoreReference[] => {
    const { kind, name, labelSelector } = asRecord(one);
    const store = storeOf({ kind, name });
    if (store) return [store];
    return labelSelector === undefined ? [] : [{ kind: kindOf(kind), name: undefined }];
  });
  return asList(spec.data).flatMap((entry, index): Access[] => {
    const key = asText(asRecord(asRecord(asRecord(entry).match).remoteRef).remoteKey);
    if (key === undefined) return [];
    const place = [...at, "data", index, "match", "remoteRef", "remoteKey"];
    return stores.map((store) => ({ access: "write", store, target: { key }, place }));
  });
}

export function storeOf(reference: unknown): StoreReference | undefined {
  const { kind, name } = asRecord(reference);
  const text = asText(name);
  return text ? { kind: kindOf(kind), name: text } : undefined;
}

/** ESO takes a missing kind for a SecretStore, and the API server refuses any other word. */
function kindOf(kind: unknown): StoreReference["kind"] {
  return kind === "ClusterSecretStore" ? kind : "SecretStore";
}

function findOf(find: Plain): Find {
  const path = asText(find.path);
  const tags = Object.entries(asRecord(find.tags)).filter(([, value]) => typeof value === "string");
  return {
    ...(path === undefined ? {} : { path }),
    // A `name` without a regexp has the empty one, which matches everything.
    ...(find.name === undefined ? {} : { name: asText(asRecord(find.name).regexp) ?? "" }),
    ...(tags.length === 0 ? {} : { tags: Object.fromEntries(tags) as Record<string, string> }),
  };
}
