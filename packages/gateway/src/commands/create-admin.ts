import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import {
  accessKeyVerifier,
  generateAccessId,
  generateAccessKey,
  randomBytes,
  recordKinds,
  toBase64Url,
} from "@halfkey/crypto";
import { OperatorError, type RoleRecord } from "@halfkey/model";
import { writeFileDurably } from "@halfkey/runtime";
import { Deadline } from "../deadline.ts";
import type { Services } from "../services.ts";
import type { WritePlan } from "../state/pending-write.ts";

export interface AdminCredentials {
  accessId: string;
  accessKey: string;
}

/**
 * The first auth method, with role `admin`: it manages policy and reads no value. With `grantAll` also a role
 * that may do everything with every item.
 *
 * The credentials are kept before the account knows them: a crash in between is mended by running it again.
 */
export async function createAdmin(
  services: Services,
  options: { grantAll: boolean; credentials?: string | undefined },
): Promise<AdminCredentials> {
  const { credentials: file } = options;
  const kept = file !== undefined && existsSync(file) ? await readCredentials(file) : undefined;
  const admin = kept ?? { accessId: generateAccessId(), accessKey: generateAccessKey() };
  if (kept === undefined && file !== undefined) await writeFileDurably(file, `${JSON.stringify(admin)}\n`);
  if (services.replica.index.method(admin.accessId) === undefined) {
    await services.writes.run(() => adminPlan(services, admin, options.grantAll), Deadline.in(10_000));
  }
  return admin;
}

function adminPlan({ keyring }: Services, admin: AdminCredentials, grantAll: boolean): WritePlan<void> {
  return {
    claims: [toBase64Url(keyring.recordId(recordKinds.authMethod, admin.accessId))],
    async prepare() {},
    build(view) {
      const now = Date.now();
      view.put({
        t: "method",
        accessId: admin.accessId,
        name: `admin-${admin.accessId.slice(2, 8)}`,
        description: "made by init",
        type: "api_key",
        created: now,
        modified: now,
        generation: randomBytes(4).readUInt32BE(),
        verifier: toBase64Url(accessKeyVerifier(admin.accessId, admin.accessKey)),
      });
      const roles = [{ name: "admin", admin: true, rules: [] }, ...(grantAll ? [everything] : [])];
      for (const role of roles) {
        const held = view.get<RoleRecord>(recordKinds.role, role.name);
        view.put({
          t: "role",
          description: "",
          created: now,
          ...(held ?? role),
          modified: now,
          associations: [
            ...(held?.associations ?? []),
            { id: toBase64Url(randomBytes(12)), accessId: admin.accessId, subClaims: {} },
          ],
        });
      }
      return { result: undefined };
    },
  };
}

const everything: Pick<RoleRecord, "name" | "admin" | "rules"> = {
  name: "everything",
  admin: false,
  rules: [{ pattern: "/*", capabilities: ["create", "read", "update", "delete", "list"] }],
};

async function readCredentials(file: string): Promise<AdminCredentials> {
  try {
    const { accessId, accessKey } = JSON.parse(await readFile(file, "utf8")) as AdminCredentials;
    if (typeof accessId === "string" && typeof accessKey === "string") return { accessId, accessKey };
  } catch {
    // The parser's message could quote the key.
  }
  throw new OperatorError("E_CHECK", `the credentials file ${file} is damaged: remove it to make new ones`);
}
