import { matches, parsePattern } from "@halfkey/model";
import { asRecord } from "../plain.ts";
import type { Manifest } from "./manifest.ts";
import type { ItemFacts, LintContext } from "./rule.ts";

export interface LintOptions {
  /** Of manifests that name none. */
  namespace?: string;
  /** Names of ClusterSecretStores of the `akeyless` provider, beside those in the texts. Default: `cm-akeyless`. */
  clusterStores?: readonly string[];
  /** Default: `/mdapi`. */
  pathRoot?: string;
  /** Patterns of paths that are granted to other namespaces, as in rules: `/mdapi/gitlab/api-token`, `/mdapi/shared/*`. */
  shared?: readonly string[];
  items?: ItemFacts;
}

export const usualClusterStore = "cm-akeyless";

/** What the rules may know of a run. @throws {CallerError} `E_PATH` for a pattern that is none */
export function contextOf(manifests: readonly Manifest[], options: LintOptions): LintContext {
  const usual = new Set(options.clusterStores ?? [usualClusterStore]);
  const patterns = (options.shared ?? []).map((text) => parsePattern(text));
  const stores = manifests.filter(({ kind }) => kind === "Store");
  const providerOf = new Map(
    stores.map((store) => [`${store.kindName} ${store.name}`, asRecord(store.spec.provider)] as const),
  );
  return {
    manifests,
    namespaceOf: ({ kindName, namespace }) =>
      kindName.startsWith("Cluster") ? undefined : (namespace ?? options.namespace),
    isClusterStore: (name) =>
      providerOf.has(`ClusterSecretStore ${name}`) ||
      (usual.has(name) && !providerOf.has(`SecretStore ${name}`)),
    isAkeyless: (store) => {
      if (!store) return false;
      const provider = providerOf.get(`${store.kind} ${store.name}`);
      if (provider) return provider.akeyless !== undefined;
      // Without a kind it is meant for a store that does not exist by that kind; another rule says so.
      return usual.has(store.name ?? "") && !providerOf.has(`ClusterSecretStore ${store.name}`);
    },
    pathRoot: (options.pathRoot ?? "/mdapi").replace(/\/+$/, ""),
    isShared: (path) => patterns.some((pattern) => matches(pattern, path, {}, "allow")),
    items: options.items,
  };
}
