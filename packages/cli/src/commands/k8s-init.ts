import type { KubernetesCluster, KubernetesObject } from "@halfkey/kubernetes";
import { CliError } from "../cli-error.ts";
import { type Context, defineCommand } from "../command.ts";
import { findConnection } from "../connection.ts";
import { admissionPolicies, grantsConfigMap } from "../kubernetes/admission-policies.ts";
import { type Applied, objectApplier } from "../kubernetes/apply-objects.ts";
import { clusterOptions, namespaceLabel, ownNamespace, usualStore } from "../kubernetes/cluster-options.ts";
import {
  configSteps,
  findMethod,
  type GatewaySettings,
  methodSteps,
  roleSteps,
} from "../kubernetes/gateway-setup.ts";
import { type Grants, grantsOf } from "../kubernetes/grants.ts";
import { manifestText } from "../kubernetes/manifest-text.ts";
import { storeObject, strayFields } from "../kubernetes/store-object.ts";
import { withCluster } from "../kubernetes/with-cluster.ts";
import type { Step } from "../policy/reconcile.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";
import { renderTable } from "../table.ts";
import { write } from "../terminal.ts";

/** Given to the namespaces of a method that is not there yet; what {@link roleSteps} makes. */
const firstGrants: Grants = {
  read: [{ namespaces: "*", path: "/mdapi/{{namespace}}/*" }],
  write: [],
  left: [],
};

export const k8sInit = defineCommand({
  name: "k8s init",
  section: "cluster",
  summary: "connect a cluster: store, admission policy, labels, and the gateway's side",
  description:
    "Without --apply it changes nothing and prints the cluster's objects as YAML. Needs the admin role of the gateway, and a cluster administrator. Each namespace reads with its own service account what lies below /mdapi/<namespace>/; what else the auth method's roles give, the admission policy lets through as well: run it again after changing them.",
  arguments: {},
  options: {
    apply: { kind: "flag", summary: "change the gateway and the cluster; again, it changes nothing" },
    "dry-run": { kind: "flag", summary: "tell what --apply would change; the API server checks it all" },
    namespace: {
      kind: "list",
      placeholder: "NAME",
      short: "n",
      summary: "let this namespace use the store, may be repeated; default: all with ExternalSecrets of it",
    },
    store: { kind: "text", placeholder: "NAME", summary: `the ClusterSecretStore; default ${usualStore}` },
    "store-url": {
      kind: "text",
      placeholder: "URL",
      summary: "the gateway as the cluster reaches it, ending in /v2; default: as you reach it",
    },
    "k8s-host": {
      kind: "text",
      placeholder: "URL",
      summary: "the API server as the gateway reaches it; default: as you reach it",
    },
    method: { kind: "text", placeholder: "NAME", summary: "the auth method; default eso" },
    config: {
      kind: "text",
      placeholder: "NAME",
      summary: "the k8s auth config; default: the context's name",
    },
    audience: { kind: "text", placeholder: "TEXT", summary: "of the tokens; default halfkey-gateway" },
    "service-account": { kind: "text", placeholder: "NAME", summary: "of each namespace; default default" },
    mode: {
      kind: "text",
      placeholder: "MODE",
      values: ["offline", "review"],
      summary: "how tokens are checked; default offline",
    },
    "no-admission": { kind: "flag", summary: "leave the admission policy out" },
    ...clusterOptions,
  },
  formats: ["table", "json", "yaml"],
  examples: [
    { command: "halfkey k8s init --dry-run", summary: "what would change, where" },
    { command: "halfkey k8s init --apply -n joplin -n gitlab", summary: "connect two namespaces" },
    { command: "halfkey k8s init > halfkey.yaml", summary: "the cluster's part, for your repository" },
  ],
  async run(context, { options }) {
    if (options.apply && options["dry-run"]) throw new CliError("give --apply or --dry-run, not both");
    const store = options.store ?? usualStore;
    // It stands in the admission policy's expressions.
    if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(store)) {
      throw new CliError("--store is no name that Kubernetes takes", { next: `such as ${usualStore}` });
    }
    await withCluster(context, options, async (cluster) => {
      const gateway = await context.gateway();
      const connection = findConnection(context);
      const settings: GatewaySettings = {
        method: options.method ?? "eso",
        audience: options.audience ?? "halfkey-gateway",
        serviceAccount: options["service-account"] ?? "default",
        config: options.config ?? cluster.context,
        host: options["k8s-host"] ?? cluster.server,
        caPem: cluster.caPem,
        mode: options.mode === "review" ? "review" : "offline",
      };
      const url = storeUrl(options["store-url"] ?? connection.base);
      const { reviewerObjects } = await import("@halfkey/kubernetes");
      const foundation: KubernetesObject[] = [
        { apiVersion: "v1", kind: "Namespace", metadata: { name: ownNamespace } },
        ...reviewerObjects(ownNamespace, settings.mode),
      ];
      const labels = await labelled(cluster, options.namespace, store);
      const rest = (accessId: string, grants: Grants): KubernetesObject[] => [
        ...(options["no-admission"] ? [] : [grantsConfigMap(grants), ...admissionPolicies(store)]),
        ...labels,
        storeObject({
          ...{ name: store, url, caPem: connection.ca, accessId },
          ...{ configName: settings.config, serviceAccount: settings.serviceAccount },
          audience: settings.audience,
        }),
      ];

      let held = await findMethod(gateway, settings.method);
      if (!options.apply && !options["dry-run"]) {
        if (held === undefined) {
          throw new CliError(
            `the gateway has no auth method ${settings.method} yet, so the store has no access id`,
            {
              next: "halfkey k8s init --apply, or name yours with --method",
            },
          );
        }
        const accessId = held.auth_method_access_id;
        const objects = [...foundation, ...rest(accessId, await grantsOf(gateway, accessId))];
        return context.format === "json"
          ? show(context, { data: objects, text: "" })
          : write(context.terminal.output, manifestText(objects));
      }

      const steps: Step[] = [];
      const change = async (wanted: Step[]): Promise<void> => {
        steps.push(...wanted);
        for (const { command, fields } of options.apply ? wanted : []) {
          await gateway.call(command, fields, { changes: true });
        }
      };
      const isDry = !options.apply;
      const apply = objectApplier(cluster, isDry);
      const applied = await apply(foundation);
      await change(methodSteps(settings, held));
      await change(await roleSteps(gateway, settings, held));
      held = await findMethod(gateway, settings.method);
      const accessId = held?.auth_method_access_id ?? "p-000000000000";
      const token = async () => (isDry ? "" : await reviewerToken(cluster));
      await change(await configSteps(gateway, settings, accessId, token));
      const grants = held?.auth_method_roles_assoc.length ? await grantsOf(gateway, accessId) : firstGrants;
      applied.push(...(await apply(rest(accessId, grants))));
      if (!isDry) await removeStrays(cluster, store);
      await report(context, { steps, applied, left: grants.left, isDry });
    });
  },
});

async function report(
  context: Context,
  result: { steps: Step[]; applied: Applied[]; left: string[]; isDry: boolean },
): Promise<void> {
  const { steps, applied, left, isDry } = result;
  const gateway = steps.map(({ what }) => what);
  const rows = [
    ...gateway.map((what) => ["gateway", what]),
    ...applied.map(({ object, change }) => [change, object]),
    ...left.map((what) => ["not in the admission policy", what]),
  ];
  const count = gateway.length + applied.filter(({ change }) => change !== "unchanged").length;
  const sum = count === 0 ? "nothing to change" : `${count} ${isDry ? "would change" : "changed"}`;
  await show(context, {
    data: { applied: !isDry, gateway, cluster: applied, left },
    text: `${renderTable(rows, undefined)}${sum}\n`,
  });
}

/** @throws {CliError} for an address whose path External Secrets would drop. */
function storeUrl(text: string): string {
  if (/^https?:\/\/[^/?#]+(\/[^?#]*)?\/v2$/.test(text)) return text;
  throw new CliError(`External Secrets drops the path of ${printable(text)}`, {
    next: "write it as https://gateway.example/akeyless-api/v2, without a slash at its end",
  });
}

/** The namespaces with the label that the store asks for. @throws {CliError} if one is not there. */
async function labelled(
  cluster: KubernetesCluster,
  named: readonly string[],
  store: string,
): Promise<KubernetesObject[]> {
  const { kinds } = await import("@halfkey/kubernetes");
  const { readsOf } = await import("@halfkey/manifests");
  const isOurs = (object: KubernetesObject) =>
    readsOf(object).some(({ store: one }) => one.kind === "ClusterSecretStore" && one.name === store);
  const names =
    named.length > 0
      ? named
      : (await cluster.list(kinds.externalSecret))
          .filter(isOurs)
          .map(({ metadata }) => metadata.namespace ?? "");
  const unique = [...new Set(names)].sort();
  for (const name of named) {
    if ((await cluster.get(kinds.namespace, "", name)) !== undefined) continue;
    throw new CliError(`the cluster has no namespace ${printable(name)}`, { where: cluster.server });
  }
  return unique.map((name) => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { [namespaceLabel.name]: namespaceLabel.value } },
  }));
}

/** The token that the cluster puts into the reviewer's Secret, within seconds. */
async function reviewerToken(cluster: KubernetesCluster): Promise<string> {
  const { kinds } = await import("@halfkey/kubernetes");
  const { setTimeout: sleep } = await import("node:timers/promises");
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const secret = await cluster.get(kinds.secret, ownNamespace, "halfkey-reviewer");
    if (secret?.data?.token) return Buffer.from(secret.data.token, "base64").toString();
    await sleep(200);
  }
  throw new CliError("the cluster makes no token for the service account halfkey-reviewer", {
    exitCode: 2,
    where: cluster.server,
    next: "does kube-controller-manager run? Run this again then",
  });
}

async function removeStrays(cluster: KubernetesCluster, name: string): Promise<void> {
  const { kinds } = await import("@halfkey/kubernetes");
  const store = await cluster.get(kinds.clusterSecretStore, "", name);
  const patch = store && strayFields(store);
  if (patch !== undefined) await cluster.mergePatch(kinds.clusterSecretStore, "", name, patch);
}
