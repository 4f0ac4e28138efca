import type { Check } from "@halfkey/diagnosis";
import { fragmentFile, keyPlace, unseal } from "./fragment.ts";
import { alarm, backup, disk, folder, served, settings, started, tls } from "./machine.ts";
import { audit, journal, snapshot } from "./memory.ts";
import type { GatewayPatient } from "./patient.ts";
import { vaultCertificate, vaultClock, vaultFragment, vaultLogin, vaultName, vaultPort } from "./vault.ts";

/** From the folder to the vault; the first that fails is the cause of most that follow. */
export const gatewayChecks: readonly Check<GatewayPatient>[] = [
  settings,
  served,
  folder,
  disk,
  fragmentFile,
  unseal,
  keyPlace,
  journal,
  snapshot,
  audit,
  tls,
  vaultName,
  vaultPort,
  vaultCertificate,
  vaultClock,
  vaultLogin,
  vaultFragment,
  alarm,
  backup,
  started,
];
