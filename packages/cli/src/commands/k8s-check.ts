import type { KubernetesObject } from "@halfkey/kubernetes";
import { CliError } from "../cli-error.ts";
import { type Context, defineCommand } from "../command.ts";
import { apiBase, readCa } from "../connection.ts";
import type { NamespaceResult } from "../kubernetes/check-namespace.ts";
import { clusterOptions, usualStore } from "../kubernetes/cluster-options.ts";
import type { StoreIdentity } from "../kubernetes/store-identity.ts";
import { withCluster } from "../kubernetes/with-cluster.ts";
import { show } from "../show.ts";
import { renderTable } from "../table.ts";

export const k8sCheck = defineCommand({
  name: "k8s check",
  section: "cluster",
  summary: "log in and read as each namespace does, and tell what fails",
  description:
    "External Secrets calls a store valid once it has opened a connection to it. This makes a token of each namespace's service account, logs in with it as the store says, and reads all that the namespace's ExternalSecrets name. No value is shown. Needs no credentials of the gateway, but a kubeconfig that may make those tokens. Exit code 2 if anything fails.",
  arguments: {},
  options: {
    namespace: {
      kind: "list",
      placeholder: "NAME",
      short: "n",
      summary: "only this namespace, may be repeated; default: all with ExternalSecrets of the store",
    },
    store: { kind: "text", placeholder: "NAME", summary: `the ClusterSecretStore; default ${usualStore}` },
    ...clusterOptions,
  },
  formats: ["table", "json", "yaml"],
  examples: [
    { command: "halfkey k8s check", summary: "all namespaces" },
    { command: "halfkey k8s check -n joplin --json", summary: "one, for a script" },
  ],
  async run(context, { options }) {
    await withCluster(context, options, async (cluster) => {
      const { kinds } = await import("@halfkey/kubernetes");
      const { readsOf } = await import("@halfkey/manifests");
      const { checkNamespace } = await import("../kubernetes/check-namespace.ts");
      const { storeIdentity } = await import("../kubernetes/store-identity.ts");
      const name = options.store ?? usualStore;
      const store = await cluster.get(kinds.clusterSecretStore, "", name);
      if (store === undefined) {
        throw new CliError(`the cluster has no ClusterSecretStore ${name}`, {
          where: cluster.server,
          next: "halfkey k8s init --apply, or name yours with --store",
        });
      }
      const identity = asReachedFromHere(context, storeIdentity(store));
      const isOurs = (one: { kind: string; name: string | undefined }) =>
        one.kind === "ClusterSecretStore" && one.name === name;
      const byNamespace = new Map<string, KubernetesObject[]>(options.namespace.map((one) => [one, []]));
      for (const one of await cluster.list(kinds.externalSecret)) {
        const { namespace = "" } = one.metadata;
        if (!readsOf(one).some((its) => isOurs(its.store))) continue;
        if (options.namespace.length > 0 && !byNamespace.has(namespace)) continue;
        byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), one]);
      }
      const results: NamespaceResult[] = [];
      for (const [namespace, found] of [...byNamespace].sort(([a], [b]) => (a < b ? -1 : 1))) {
        results.push(await checkNamespace(cluster, identity, namespace, found, isOurs));
      }
      await report(context, identity, results);
    });
  },
});

/** --url and --ca stand over the store's: the cluster may know the gateway by another address. */
function asReachedFromHere({ globals }: Context, identity: StoreIdentity): StoreIdentity {
  const caPem = globals.ca === undefined ? identity.caPem : readCa(globals.ca);
  if (caPem === undefined && identity.caIsElsewhere) {
    throw new CliError("the store takes its CA from a ConfigMap or a Secret, which is not read here", {
      next: "name it with --ca FILE",
    });
  }
  return { ...identity, caPem, ...(globals.url === undefined ? {} : { url: apiBase(globals.url) }) };
}

async function report(context: Context, identity: StoreIdentity, results: NamespaceResult[]): Promise<void> {
  const failed = results.filter(({ ok }) => !ok);
  const shared = identity.sharedNamespace;
  const rows = results.flatMap(({ namespace, ok, read, failures }) =>
    ok
      ? [[namespace, "ok", `${read} read`, ""]]
      : failures.map(({ what, reason }) => [namespace, "failed", what, reason]),
  );
  const lines = [
    renderTable(rows, undefined).trimEnd(),
    ...(shared === undefined
      ? []
      : [
          `all namespaces log in as one of ${shared}: take the namespace out of the store's serviceAccountRef`,
        ]),
    `${results.length - failed.length} of ${results.length} namespaces are fine`,
  ].filter((line) => line !== "");
  await show(context, {
    data: {
      url: identity.url,
      accessId: identity.accessId,
      sharedNamespace: shared ?? null,
      namespaces: results,
    },
    text: `${lines.join("\n")}\n`,
  });
  if (failed.length > 0) {
    throw new CliError(`${failed.length} of ${results.length} namespaces cannot read everything`, {
      exitCode: 2,
      where: identity.url,
      next: "docs/kubernetes-auth.md lists the texts and what to do",
    });
  }
}
