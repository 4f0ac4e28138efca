import { diagnose } from "@halfkey/diagnosis";
import { CliError } from "../cli-error.ts";
import { defineCommand } from "../command.ts";
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
  },
  formats: ["table", "json", "yaml"],
  examples: [
    { command: "halfkey doctor", summary: "when something does not work" },
    { command: "halfkey doctor --path /mdapi/joplin/tsig-secret/key", summary: "when one secret does not" },
  ],
  async run(context, { options }) {
    const { path, fragment, "gateway-data": gatewayData } = options;
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
