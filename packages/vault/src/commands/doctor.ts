import { diagnose, exitCodeOf, reportText } from "@halfkey/diagnosis";
import { programPaint } from "@halfkey/runtime";
import { vaultChecks } from "../doctor/checks.ts";
import type { VaultPatient } from "../doctor/patient.ts";
import { layoutOf, loadVaultConfig } from "../settings.ts";

/** `doctor [--json]`: looks at the vault's folder, and changes nothing. Sets the exit code. */
export async function doctor(flags: Record<string, unknown>): Promise<void> {
  const config = loadVaultConfig(flags, process.env);
  const command = config["root-key-command"];
  const layout = layoutOf(config);
  const patient: VaultPatient = {
    ...layout,
    tls: config.tls ? layout.tls : undefined,
    rootKey: command === undefined ? { file: layout.rootKey } : { command },
  };
  try {
    const diagnosis = await diagnose(vaultChecks, patient);
    const text =
      flags.json === true ? `${JSON.stringify(diagnosis, null, 2)}\n` : reportText(diagnosis, programPaint());
    process.stdout.write(text);
    process.exitCode = exitCodeOf(diagnosis);
  } finally {
    patient.reads?.close();
  }
}
