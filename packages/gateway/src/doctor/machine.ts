import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Check, fail, ok, skipped, warn } from "@halfkey/diagnosis";
import { HalfkeyError } from "@halfkey/model";
import { lockHolder, lookAtDisk, lookAtFolder, lookAtTlsFiles } from "@halfkey/runtime";
import { checkBlocks } from "../auth/bound-addresses.ts";
import { readBackupRecord } from "../backup/backup-record.ts";
import { vaultOrigin } from "../fragment/vault-address.ts";
import { Alarms } from "../state/alarms.ts";
import type { GatewayPatient } from "./patient.ts";

const secretFiles = [
  "customer-fragment.pem",
  "customer-fragment.pem.1",
  "tls/ca-key.pem",
  "tls/server-key.pem",
];
const loopback = ["127.0.0.1", "::1", "localhost"];
const backupDays = 2;
const dayMs = 86_400_000;

/** What stands in flags, environment and file was read before; here is what `serve` would refuse of it. */
export const settings: Check<GatewayPatient> = {
  id: "settings",
  title: "settings",
  async look({ tls, host, trustedProxies, vault }) {
    if (!tls && !loopback.includes(host))
      return fail("settings", `--no-tls is for loopback only, not for --host ${host}`);
    try {
      checkBlocks("trusted-proxies", [...trustedProxies]);
      if (vault !== undefined) vaultOrigin(vault);
    } catch (error) {
      if (error instanceof HalfkeyError) return fail("settings", error.message);
      throw error;
    }
    return ok("as serve takes them");
  },
};

export const folder: Check<GatewayPatient> = {
  id: "folder",
  title: "folder",
  look: async ({ data }) => lookAtFolder(data, secretFiles),
};

export const disk: Check<GatewayPatient> = {
  id: "disk",
  title: "disk",
  needs: ["folder"],
  look: async ({ data }) => lookAtDisk(data),
};

/** Whether a gateway serves this folder; asked early, because it decides what others may look at. */
export const served: Check<GatewayPatient> = {
  id: "process",
  title: "process",
  async look(patient) {
    patient.runningPid = existsSync(patient.data) ? lockHolder(patient.data) : undefined;
    return patient.runningPid === undefined
      ? skipped("no gateway serves this folder now")
      : ok(`process ${patient.runningPid} serves this folder`);
  },
};

/** Asked last: all else is well, and it only has to be started. */
export const started: Check<GatewayPatient> = {
  id: "started",
  title: "started",
  async look({ runningPid }) {
    return runningPid === undefined
      ? fail("gateway-stopped", "no process serves this folder")
      : ok("it runs");
  },
};

export const tls: Check<GatewayPatient> = {
  id: "tls",
  title: "certificates",
  needs: ["folder"],
  look: async ({ data, tls: wanted }) =>
    wanted ? lookAtTlsFiles(join(data, "tls")) : skipped("plain HTTP, on this machine only"),
};

export const alarm: Check<GatewayPatient> = {
  id: "alarm",
  title: "alarm",
  needs: ["folder"],
  async look({ data }) {
    const silent = { debug() {}, info() {}, warn() {}, error() {} };
    try {
      const { current } = new Alarms(join(data, "alarm.json"), silent);
      if (current === undefined) return ok("none");
      return fail("frozen", `${current.code} since ${current.since}: ${current.reason}`);
    } catch (error) {
      if (error instanceof HalfkeyError) return fail("file-damaged", error.message);
      throw error;
    }
  },
};

export const backup: Check<GatewayPatient> = {
  id: "backup",
  title: "backup",
  needs: ["folder"],
  async look({ data }) {
    const done = await readBackupRecord(data);
    const newest = done.map(({ time }) => Date.parse(time)).sort((a, b) => b - a)[0];
    if (newest === undefined) return warn("none was ever made", "halfkey-gateway backup now --to FOLDER");
    const days = Math.floor((Date.now() - newest) / dayMs);
    const seen = `the newest is of ${new Date(newest).toISOString().slice(0, 16).replace("T", " ")} UTC`;
    return days >= backupDays
      ? warn(`${seen}, ${days} days ago`, "halfkey-gateway backup now --to FOLDER")
      : ok(seen);
  },
};
