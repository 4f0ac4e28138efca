import { diagnose } from "@halfkey/diagnosis";
import { CliError } from "../cli-error.ts";
import type { ClusterPatient } from "../cluster-doctor/cluster-patient.ts";
import { type Context, defineCommand } from "../command.ts";
import type { ClientPatient } from "../doctor/client-patient.ts";
import { showDiagnosis } from "../doctor/show-diagnosis.ts";

export const doctor = defineCommand({
  name: "doctor",
  section: "setup",
  summary: "find out what is wrong between here and a secret, and what to do next",
  description:
    "Looks at one thing after the other, from this machine's settings to the vault, and changes nothing. It works while the gateway is down. Exit code 0: nothing is broken; 1: it is to be mended on this machine; 2: elsewhere.",
  arguments: {},
  options: {
    path: {
      kind: "text",
      placeholder: "PATH",
      completes: "path",
      summary: "also look whether this item may be read and exists; its value is not asked for",
    },
    fragment: {
      kind: "text",
      placeholder: "ID",
      summary: "the customer fragment that a client asks for, such as cf-…",
    },
    "gateway-data": {
      kind: "text",
      placeholder: "DIR",
      completes: "file",
      summary: "on the gateway's machine: look at its folder, with `halfkey-gateway doctor`",
    },
    cluster: {
      kind: "flag",
      summary: "look at a Kubernetes cluster: its ExternalSecrets, their store, and the way to each item",
    },
    context: { kind: "text", placeholder: "NAME", summary: "the kubeconfig's context, with --cluster" },
    kubeconfig: { kind: "text", placeholder: "FILE", completes: "file", summary: "with --cluster" },
    namespace: { kind: "text", short: "n", placeholder: "NAME", summary: "only this one, with --cluster" },
    "external-secret": {
      kind: "text",
      placeholder: "NAMESPACE/NAME",
      summary: "only this ExternalSecret, with --cluster; default: those that are not ready",
    },
  },
  formats: ["table", "json", "yaml"],
  examples: [
    { command: "halfkey doctor", summary: "when something does not work" },
    { command: "halfkey doctor --cluster -n joplin", summary: "when ExternalSecrets are stuck" },
    { command: "halfkey doctor --path /mdapi/joplin/tsig-secret/key", summary: "when one secret does not" },
  ],
  async run(context, { options }) {
    const { path, fragment, "gateway-data": gatewayData } = options;
    if (options.cluster) return lookAtCluster(context, options);
    if (gatewayData !== undefined) {
      if (path !== undefined || fragment !== undefined)
        throw new CliError("--gateway-data looks at a folder: --path and --fragment do not go with it");
      const { runGatewayDoctor } = await import("../doctor/run-gateway-doctor.ts");
      return runGatewayDoctor(context, gatewayData);
    }
    const { clientChecks } = await import("../doctor/client-checks.ts");
    const patient: ClientPatient = { context, path, fragment };
    try {
      await showDiagnosis(context, await diagnose(clientChecks, patient));
    } finally {
      patient.gateway?.close();
    }
  },
});

async function lookAtCluster(
  context: Context,
  options: {
    context: string | undefined;
    kubeconfig: string | undefined;
    namespace: string | undefined;
    "external-secret": string | undefined;
  },
): Promise<void> {
  const named = options["external-secret"];
  const [namespace, name, ...more] = named?.split("/") ?? [];
  if (named !== undefined && (!namespace || !name || more.length > 0))
    throw new CliError("--external-secret is written as NAMESPACE/NAME");
  const { clusterChecks } = await import("../cluster-doctor/cluster-checks.ts");
  const patient: ClusterPatient = {
    context: options.context,
    kubeconfig: options.kubeconfig,
    namespace: options.namespace,
    externalSecret: namespace && name ? { namespace, name } : undefined,
  };
  try {
    await showDiagnosis(context, await diagnose(clusterChecks, patient));
  } finally {
    await patient.cluster?.close();
  }
}
