import { existsSync } from "node:fs";
import { type Check, fail, ok, skipped, warn } from "@halfkey/diagnosis";
import { HalfkeyError } from "@halfkey/model";
import { lockHolder, lookAtDisk, lookAtFolder, lookAtTlsFiles } from "@halfkey/runtime";
import { isRootKeyOf } from "../fragment/root-key.ts";
import { openForReading } from "../store/sqlite/database.ts";
import { databaseError } from "../store/sqlite/database-error.ts";
import { SqliteReads } from "../store/sqlite/reads.ts";
import type { VaultPatient } from "./patient.ts";

const secretFiles = ["root.key", "vault.sqlite", "tls/ca-key.pem", "tls/server-key.pem"];

const served: Check<VaultPatient> = {
  id: "process",
  title: "process",
  async look(patient) {
    patient.runningPid = existsSync(patient.data) ? lockHolder(patient.data) : undefined;
    return patient.runningPid === undefined
      ? skipped("no vault serves this folder now")
      : ok(`process ${patient.runningPid} serves this folder`);
  },
};

const folder: Check<VaultPatient> = {
  id: "folder",
  title: "folder",
  look: async ({ data }) => lookAtFolder(data, secretFiles),
};

const disk: Check<VaultPatient> = {
  id: "disk",
  title: "disk",
  needs: ["folder"],
  look: async ({ data }) => lookAtDisk(data),
};

const database: Check<VaultPatient> = {
  id: "database",
  title: "database",
  needs: ["folder"],
  async look(patient) {
    const { database: file } = patient;
    if (!existsSync(file))
      return fail(
        "file-damaged",
        `there is no ${file}`,
        "restore it from a backup, or give the right folder",
      );
    try {
      const opened = openForReading(file);
      const [first] = opened.prepare("PRAGMA integrity_check(1)").all() as { integrity_check: string }[];
      patient.reads = new SqliteReads(opened);
      if (first?.integrity_check !== "ok") return fail("file-damaged", `${file}: ${first?.integrity_check}`);
      return ok("it opens, and its pages are whole");
    } catch (error) {
      const known = databaseError(error);
      if (known instanceof HalfkeyError) return fail("file-damaged", known.message);
      throw error;
    }
  },
};

const rootKey: Check<VaultPatient> = {
  id: "root-key",
  title: "root key",
  needs: ["database"],
  async look({ reads, rootKey: source }) {
    const check = await reads?.rootKeyCheck();
    if (check === undefined) return skipped("the database has none yet: it is made at the first start");
    try {
      if (await isRootKeyOf(check, source)) return ok("the one that this database was sealed with");
    } catch (error) {
      if (error instanceof HalfkeyError) return fail("root-key", error.message);
      throw error;
    }
    return fail(
      "root-key",
      `${"file" in source ? source.file : "the root key command"} gives another key than this database was sealed with`,
    );
  },
};

const accounts: Check<VaultPatient> = {
  id: "accounts",
  title: "accounts",
  needs: ["database"],
  async look({ reads }) {
    const all = (await reads?.accounts()) ?? [];
    const instances = (await reads?.instances(undefined)) ?? [];
    const revoked = instances.filter((one) => one.revoked).length;
    if (all.length === 0)
      return warn("none", "halfkey-vault enrol-code --new-account makes a code for the first gateway");
    return ok(
      `${all.length}, with ${instances.length} instances${revoked === 0 ? "" : `, ${revoked} of them revoked`}`,
    );
  },
};

const tls: Check<VaultPatient> = {
  id: "tls",
  title: "certificates",
  needs: ["folder"],
  look: async (patient) =>
    patient.tls === undefined ? skipped("plain HTTP, on this machine only") : lookAtTlsFiles(patient.tls),
};

/** Asked last: all else is well, and it only has to be started. */
const started: Check<VaultPatient> = {
  id: "started",
  title: "started",
  async look({ runningPid }) {
    return runningPid === undefined ? fail("vault-stopped", "no process serves this folder") : ok("it runs");
  },
};

export const vaultChecks: readonly Check<VaultPatient>[] = [
  served,
  folder,
  disk,
  database,
  rootKey,
  accounts,
  tls,
  started,
];
