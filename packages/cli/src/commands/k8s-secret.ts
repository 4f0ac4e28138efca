import { CliError } from "../cli-error.ts";
import { defineCommand } from "../command.ts";
import { objectApplier } from "../kubernetes/apply-objects.ts";
import { clusterOptions, usualStore } from "../kubernetes/cluster-options.ts";
import { externalSecret } from "../kubernetes/external-secret.ts";
import { manifestText } from "../kubernetes/manifest-text.ts";
import { type SecretTemplateName, secretTemplateNames } from "../kubernetes/secret-templates.ts";
import { withCluster } from "../kubernetes/with-cluster.ts";
import { show } from "../show.ts";
import { write } from "../terminal.ts";

export const k8sSecret = defineCommand({
  name: "k8s secret",
  section: "cluster",
  summary: "write an ExternalSecret for paths",
  description:
    "Prints YAML, or applies it. Namespace, name and keys come from /mdapi/<namespace>/<secret>/<key>. Templates: opaque (each value under its own name), dockerconfigjson, tls, dotenv (a file .env), basic-auth, ssh-auth. No value is read.",
  arguments: {
    paths: {
      summary: "[KEY=]PATH[#PROPERTY]; PROPERTY is one field of a value that is a JSON object",
      many: true,
      completes: "path",
    },
  },
  options: {
    template: {
      kind: "text",
      placeholder: "KIND",
      short: "t",
      values: secretTemplateNames,
      summary: "what kind of Secret; default opaque",
    },
    namespace: {
      kind: "text",
      placeholder: "NAME",
      short: "n",
      summary: "default: the one in the first path",
    },
    name: { kind: "text", placeholder: "NAME", summary: "of the Secret; default: the one in the first path" },
    store: { kind: "text", placeholder: "NAME", summary: `the ClusterSecretStore; default ${usualStore}` },
    refresh: {
      kind: "text",
      placeholder: "TIME",
      summary: "how often it is read, such as 30s or 1h; default 1m",
    },
    shared: { kind: "flag", summary: "paths of other namespaces are meant: this one has a grant for them" },
    apply: { kind: "flag", summary: "apply it in place of printing it" },
    ...clusterOptions,
  },
  formats: ["yaml", "json"],
  examples: [
    { command: "halfkey k8s secret /mdapi/joplin/db/user /mdapi/joplin/db/password", summary: "two keys" },
    {
      command: "halfkey k8s secret -t dockerconfigjson /mdapi/joplin/mdapi-registry --apply",
      summary: "for pulling images",
    },
    {
      command: "halfkey k8s secret -t tls certificate=/mdapi/joplin/web/crt key=/mdapi/joplin/web/key",
      summary: "for an Ingress",
    },
  ],
  async run(context, { arguments: { paths }, options }) {
    const refreshInterval = options.refresh ?? "1m";
    if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(refreshInterval)) {
      throw new CliError("--refresh is a time with unit ms, s, m or h", { next: "24h in place of 1d" });
    }
    const object = externalSecret({
      sources: paths,
      template: (options.template ?? "opaque") as SecretTemplateName,
      namespace: options.namespace,
      name: options.name,
      store: options.store ?? usualStore,
      refreshInterval,
      shared: options.shared,
    });
    if (!options.apply) {
      if (context.format === "json") return show(context, { data: object, text: "" });
      return write(context.terminal.output, manifestText([object]));
    }
    await withCluster(context, options, async (cluster) => {
      const [applied] = await objectApplier(cluster, false)([object]);
      await show(context, { data: applied, text: "" });
    });
  },
});
