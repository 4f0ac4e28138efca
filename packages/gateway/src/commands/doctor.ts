import { diagnose, exitCodeOf, reportText } from "@halfkey/diagnosis";
import { programPaint } from "@halfkey/runtime";
import { gatewayChecks } from "../doctor/checks.ts";
import type { GatewayPatient } from "../doctor/patient.ts";

/** Looks at a gateway's folder and its way to the vault, and changes nothing. @returns the exit code. */
export async function doctor(patient: GatewayPatient, json: boolean): Promise<0 | 1 | 2> {
  try {
    const diagnosis = await diagnose(gatewayChecks, patient);
    process.stdout.write(
      json ? `${JSON.stringify(diagnosis, null, 2)}\n` : reportText(diagnosis, programPaint()),
    );
    return exitCodeOf(diagnosis);
  } finally {
    await patient.client?.close();
    patient.keyring?.wipe();
  }
}
