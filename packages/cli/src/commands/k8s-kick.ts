import type { KubernetesCluster } from "@halfkey/kubernetes";
import { CliError } from "../cli-error.ts";
import { type Context, defineCommand } from "../command.ts";
import { awaitReady } from "../kubernetes/await-ready.ts";
import { clusterOptions } from "../kubernetes/cluster-options.ts";
import { findSynced, type Synced } from "../kubernetes/syncing.ts";
import { withCluster } from "../kubernetes/with-cluster.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";
import { renderTable } from "../table.ts";
import { write } from "../terminal.ts";

/** A store is checked by opening a connection, so that it is ready at once or not at all. */
const storeMilliseconds = 10_000;

export const k8sKick = defineCommand({
  name: "k8s kick",
  section: "cluster",
  summary: "make External Secrets try again at once, after an outage",
  description:
    "External Secrets waits up to 7 minutes before it tries again, for the store and for each ExternalSecret by itself. This changes an annotation of those that are not ready, stores first; they are then looked at within a second. Exit code 2 if --wait ends with some that are not ready.",
  arguments: {},
  options: {
    all: { kind: "flag", summary: "also those that are ready: read everything anew" },
    store: { kind: "text", placeholder: "NAME", summary: "only this store, and what reads through it" },
    namespace: {
      kind: "list",
      placeholder: "NAME",
      short: "n",
      summary: "only this namespace, may be repeated",
    },
    rate: { kind: "integer", minimum: 1, placeholder: "N", summary: "how many a second; default 20" },
    wait: { kind: "flag", summary: "until all are ready, and tell how long that took" },
    timeout: {
      kind: "integer",
      minimum: 1,
      placeholder: "SECONDS",
      summary: "for --wait, after the last was kicked; default 300",
    },
    ...clusterOptions,
  },
  formats: ["table", "json", "yaml"],
  examples: [
    { command: "halfkey k8s kick --wait", summary: "the gateway is back, and so shall the cluster be" },
    { command: "halfkey k8s kick --all -n joplin", summary: "one namespace reads everything anew" },
  ],
  async run(context, { options }) {
    await withCluster(context, options, async (cluster) => {
      const begun = new Date();
      const timeout = (options.timeout ?? 300) * 1000;
      const choice = { namespaces: options.namespace, store: options.store };
      const { stores, secrets } = await findSynced(cluster, choice);
      const due = (all: Synced[]) => all.filter(({ isReady }) => options.all || !isReady);
      const kick = kicker(context, cluster, options.rate ?? 20);

      const kickedStores = await kick(due(stores), begun);
      // While its store is not ready External Secrets fails each ExternalSecret without asking the gateway.
      const unready = kickedStores.filter(({ isReady }) => !isReady);
      if (unready.length > 0) await awaitReady(cluster, unready, begun, storeMilliseconds);
      const kicked = [...kickedStores, ...(await kick(due(secrets), begun))];
      const open = options.wait ? await awaitReady(cluster, kicked, begun, timeout) : [];
      const seconds = Number(((Date.now() - begun.getTime()) / 1000).toFixed(1));

      const rows = open.map(({ name, reason }) => [name, reason]);
      const outcome = options.wait ? `, ${kicked.length - open.length} ready after ${seconds} s` : "";
      await show(context, {
        data: {
          kicked: kicked.map(({ name }) => name),
          waited: options.wait,
          seconds,
          notReady: open.map(({ name, reason }) => ({ name, reason })),
        },
        text: `${renderTable(rows, undefined)}${kicked.length} kicked${outcome}\n`,
      });
      if (open.length > 0) {
        throw new CliError(`${open.length} of ${kicked.length} are not ready`, {
          exitCode: 2,
          where: cluster.server,
          next: "halfkey k8s check tells why; kubectl describe shows External Secrets' own events",
        });
      }
    });
  },
});

/** Wakes objects one after the other at a bounded rate. One that was deleted meanwhile is passed over. */
function kicker(context: Context, cluster: KubernetesCluster, perSecond: number) {
  let pace: { turn(): Promise<void> } | undefined;
  return async (all: readonly Synced[], at: Date): Promise<Synced[]> => {
    const { KubernetesError, Pace, resync } = await import("@halfkey/kubernetes");
    pace ??= new Pace(perSecond);
    const kicked: Synced[] = [];
    const under: Promise<void>[] = [];
    let failure: unknown;
    for (const one of all) {
      await pace.turn();
      if (failure !== undefined) break;
      const work = resync(cluster, one.object, at).then(
        () => void kicked.push(one),
        async (error: unknown) => {
          if (!(error instanceof KubernetesError) || error.failure !== "absent") failure ??= error;
          else await write(context.terminal.error, `halfkey: ${printable(one.name)} is gone\n`);
        },
      );
      under.push(work);
    }
    await Promise.all(under);
    if (failure !== undefined) throw failure;
    return kicked;
  };
}
