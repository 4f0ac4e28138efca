import { randomBytes, recordKinds, toBase64Url } from "@halfkey/crypto";
import {
  type AccessRule,
  type Caller,
  CallerError,
  parsePattern,
  type RecordName,
  type RoleAssociation,
  type RoleRecord,
} from "@halfkey/model";
import type { Services } from "../services.ts";
import type { GroupView, Unsealed } from "../state/group-view.ts";
import type { WritePlan } from "../state/pending-write.ts";
import { requireAdminNow } from "./require-admin.ts";

type Role = Unsealed<RoleRecord>;

/** More than this in one role would make its record too large to be sealed; several roles may hold more. */
const rulesPerRoleMax = 2000;
const associationsPerRoleMax = 1000;
/**
 * Claimed by every change of roles and auth methods, so that no two share an entry: each looks at others' records
 * (whose name is free, who is the last admin, which roles name a method), and must see what the one before it did.
 */
export const policyClaim = "policy";

/** @throws {CallerError} `E_DENIED`, `E_EXISTS` */
export function createRole(
  services: Services,
  caller: Caller,
  name: RecordName,
  fields: { description: string; admin: boolean },
): WritePlan<void> {
  return plan(services, caller, name, (view) => {
    if (view.get<RoleRecord>(recordKinds.role, name) !== undefined) {
      throw new CallerError(
        "E_EXISTS",
        `Status 409 Conflict, Error: AlreadyExists. Message: role ${name} already exists`,
      );
    }
    const now = Date.now();
    view.put({ t: "role", name, ...fields, created: now, modified: now, rules: [], associations: [] });
  });
}

/** Changes a role as `change` says. @throws {CallerError} `E_DENIED`, `E_NOT_FOUND` */
export function changeRole<R>(
  services: Services,
  caller: Caller,
  name: RecordName,
  change: (role: Role, view: GroupView) => { role: Role; result: R },
): WritePlan<R> {
  return plan(services, caller, name, (view) => {
    const { role, result } = change(requireRole(view, name), view);
    const moved = role.name !== name;
    if (moved && view.get<RoleRecord>(recordKinds.role, role.name) !== undefined) {
      throw new CallerError(
        "E_EXISTS",
        `Status 409 Conflict, Error: AlreadyExists. Message: role ${role.name} already exists`,
      );
    }
    if (moved) view.remove(requireRole(view, name));
    view.put({ ...role, modified: Date.now() });
    return result;
  });
}

/** @throws {CallerError} `E_DENIED`, `E_NOT_FOUND`, `E_CONFLICT` for the last role that makes anybody an admin */
export function deleteRole(services: Services, caller: Caller, name: RecordName): WritePlan<void> {
  return plan(services, caller, name, (view) => {
    const role = requireRole(view, name);
    requireAnotherAdmin(services, view, name, undefined);
    view.remove(role);
  });
}

/** The role with one rule more, or with another in the place of one for the same pattern. */
export function withRule(role: Role, rule: AccessRule): Role {
  parsePattern(rule.pattern);
  const rest = role.rules.filter(({ pattern }) => pattern !== rule.pattern);
  if (rest.length >= rulesPerRoleMax) {
    throw new CallerError(
      "E_CONFLICT",
      `role ${role.name} has ${rulesPerRoleMax} rules: put further ones into another role`,
    );
  }
  return { ...role, rules: [...rest, rule] };
}

/** @throws {CallerError} `E_NOT_FOUND` */
export function withoutRule(role: Role, pattern: string): Role {
  const rules = role.rules.filter((rule) => rule.pattern !== pattern);
  if (rules.length === role.rules.length)
    throw new CallerError("E_NOT_FOUND", `role ${role.name} has no rule for ${pattern}`);
  return { ...role, rules };
}

/** @throws {CallerError} `E_EXISTS`, `E_CONFLICT` */
export function withAssociation(
  role: Role,
  association: Omit<RoleAssociation, "id">,
): { role: Role; id: string } {
  if (role.associations.length >= associationsPerRoleMax) {
    throw new CallerError(
      "E_CONFLICT",
      `role ${role.name} has ${associationsPerRoleMax} associations already`,
    );
  }
  const wanted = JSON.stringify([association.accessId, association.subClaims]);
  if (role.associations.some((one) => JSON.stringify([one.accessId, one.subClaims]) === wanted)) {
    throw new CallerError(
      "E_EXISTS",
      "Status 409 Conflict, Error: AlreadyExists. Message: the association already exists",
    );
  }
  const id = `ass-${toBase64Url(randomBytes(12))}`;
  return { role: { ...role, associations: [...role.associations, { id, ...association }] }, id };
}

/** The role that holds an association. @throws {CallerError} `E_NOT_FOUND` */
export function roleOfAssociation(services: Services, id: string): RoleRecord {
  for (const role of services.replica.index.roles()) {
    if (role.associations.some((one) => one.id === id)) return role;
  }
  throw new CallerError("E_NOT_FOUND", "Status 404 Not Found, Error: NotFound. Message: no such association");
}

/**
 * An account without an admin could never be managed again.
 *
 * @param remaining The role as it will be; nothing: it goes.
 * @throws {CallerError} `E_CONFLICT`
 */
export function requireAnotherAdmin(
  services: Services,
  view: GroupView,
  name: string,
  remaining: Role | undefined,
): void {
  const before = view.get<RoleRecord>(recordKinds.role, name);
  const makesAdmins = (role: Pick<RoleRecord, "admin" | "associations"> | undefined) =>
    role?.admin === true && role.associations.length > 0;
  if (!makesAdmins(before) || makesAdmins(remaining)) return;
  for (const role of services.replica.index.roles()) if (role.name !== name && makesAdmins(role)) return;
  throw new CallerError("E_CONFLICT", "this would leave nobody who may manage roles");
}

/** @throws {CallerError} `E_NOT_FOUND` */
function requireRole(view: GroupView, name: string): Role {
  const role = view.get<RoleRecord>(recordKinds.role, name);
  if (role === undefined) throw roleNotFound(name);
  return role;
}

export function roleNotFound(name: string): CallerError {
  return new CallerError(
    "E_NOT_FOUND",
    `Status 404 Not Found, Error: NotFound. Message: failed to obtain role ${JSON.stringify(name.slice(0, 80))}`,
  );
}

function plan<R>(
  { access, keyring }: Services,
  caller: Caller,
  name: RecordName,
  build: (view: GroupView) => R,
): WritePlan<R> {
  return {
    claims: [policyClaim, toBase64Url(keyring.recordId(recordKinds.role, name))],
    async prepare() {
      requireAdminNow(access, caller);
    },
    build(view) {
      requireAdminNow(access, caller);
      return { result: build(view) };
    },
  };
}
