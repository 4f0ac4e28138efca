import type { AccessPurpose } from "@halfkey/kubernetes";
import { CliError } from "../cli-error.ts";
import { defineCommand } from "../command.ts";
import { objectApplier } from "../kubernetes/apply-objects.ts";
import { clusterOptions, ownNamespace } from "../kubernetes/cluster-options.ts";
import { manifestText } from "../kubernetes/manifest-text.ts";
import { withCluster } from "../kubernetes/with-cluster.ts";
import { show } from "../show.ts";
import { renderTable } from "../table.ts";
import { write } from "../terminal.ts";

export const k8sRbac = defineCommand({
  name: "k8s rbac",
  section: "cluster",
  summary: "print or apply the least rights that a part of Halfkey needs in the cluster",
  description:
    "A service account halfkey-PURPOSE in the namespace halfkey, and a cluster role for it. None of them may read a Secret. `check` may make tokens of every service account: give it to operators only.",
  arguments: {
    purpose: {
      summary: "nudge: the gateway that wakes External Secrets; or the command of that name",
      values: ["nudge", "kick", "check"],
    },
  },
  options: {
    apply: { kind: "flag", summary: "apply it; again, it changes nothing" },
    "dry-run": { kind: "flag", summary: "tell what --apply would change" },
    ...clusterOptions,
  },
  formats: ["table", "json", "yaml"],
  examples: [{ command: "halfkey k8s rbac nudge | kubectl apply -f -", summary: "for the gateway's nudge" }],
  async run(context, { arguments: { purpose }, options }) {
    if (options.apply && options["dry-run"]) throw new CliError("give --apply or --dry-run, not both");
    const { accessObjects } = await import("@halfkey/kubernetes");
    const objects = [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: ownNamespace } },
      ...accessObjects(purpose as AccessPurpose, ownNamespace),
    ];
    if (!options.apply && !options["dry-run"]) {
      if (context.format === "json") return show(context, { data: objects, text: "" });
      return write(context.terminal.output, manifestText(objects));
    }
    await withCluster(context, options, async (cluster) => {
      const applied = await objectApplier(cluster, !options.apply)(objects);
      const rows = applied.map(({ object, change }) => [change, object]);
      await show(context, { data: applied, text: renderTable(rows, undefined) });
    });
  },
});
