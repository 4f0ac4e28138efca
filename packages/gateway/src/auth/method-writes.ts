import {
  accessKeyVerifier,
  generateAccessId,
  generateAccessKey,
  randomBytes,
  recordKinds,
  toBase64Url,
} from "@halfkey/crypto";
import {
  type AuthMethodRecord,
  type AuthMethodType,
  type Caller,
  CallerError,
  type RecordName,
  type RoleRecord,
} from "@halfkey/model";
import { requireAdminNow } from "../access/require-admin.ts";
import { policyClaim, requireAnotherAdmin } from "../access/role-writes.ts";
import type { Services } from "../services.ts";
import type { GroupView, Unsealed } from "../state/group-view.ts";
import type { WritePlan } from "../state/pending-write.ts";

type Method = Unsealed<AuthMethodRecord>;

/** What an operator may say of a method, besides its name. */
export type MethodFields = Partial<
  Pick<
    AuthMethodRecord,
    | "description"
    | "kubernetes"
    | "jwt"
    | "tokenTtlMinutes"
    | "expires"
    | "boundIps"
    | "forceSubClaims"
    | "deleteProtection"
  >
>;

export interface CreatedMethod {
  accessId: string;
  /** Type api_key only: shown once, kept nowhere. */
  accessKey?: string;
}

/** @throws {CallerError} `E_DENIED`, `E_EXISTS` */
export function createMethod(
  services: Services,
  caller: Caller,
  name: RecordName,
  input: MethodFields & { type: AuthMethodType },
): WritePlan<CreatedMethod> {
  const accessId = generateAccessId();
  const accessKey = input.type === "api_key" ? generateAccessKey() : undefined;
  return plan(services, caller, accessId, (view) => {
    requireFreeName(services, view, name, accessId);
    const now = Date.now();
    view.put({
      t: "method",
      accessId,
      name,
      description: "",
      created: now,
      modified: now,
      generation: newGeneration(),
      ...input,
      ...(accessKey === undefined ? {} : { verifier: toBase64Url(accessKeyVerifier(accessId, accessKey)) }),
    });
    return { accessId, ...(accessKey === undefined ? {} : { accessKey }) };
  });
}

/**
 * Changes a method. Its tokens stay valid, as what it now asks is asked at every use that matters.
 *
 * @throws {CallerError} `E_DENIED`, `E_NOT_FOUND`, `E_EXISTS`
 */
export function updateMethod(
  services: Services,
  caller: Caller,
  current: AuthMethodRecord,
  fields: MethodFields & { name?: RecordName },
): WritePlan<void> {
  return plan(services, caller, current.accessId, (view) => {
    const method = requireMethod(view, current.accessId);
    if (fields.name !== undefined && fields.name !== method.name)
      requireFreeName(services, view, fields.name, method.accessId);
    view.put({ ...method, ...fields, modified: Date.now() });
  });
}

/** Deletes a method, its associations, and with it every token it gave. @throws {CallerError} */
export function deleteMethod(services: Services, caller: Caller, current: AuthMethodRecord): WritePlan<void> {
  return plan(services, caller, current.accessId, (view) => {
    const method = requireMethod(view, current.accessId);
    if (method.deleteProtection)
      throw new CallerError(
        "E_DISABLED",
        `AccessForbidden: auth method ${method.name} has delete protection`,
      );
    for (const { name } of [...services.replica.index.roles()]) {
      const role = view.get<RoleRecord>(recordKinds.role, name);
      const rest = role?.associations.filter(({ accessId }) => accessId !== method.accessId);
      if (role === undefined || rest === undefined || rest.length === role.associations.length) continue;
      const remaining = { ...role, associations: rest, modified: Date.now() };
      requireAnotherAdmin(services, view, name, remaining);
      view.put(remaining);
    }
    view.remove(method);
  });
}

/** A new access key; tokens of the old one end at once. @throws {CallerError} */
export function resetAccessKey(
  services: Services,
  caller: Caller,
  current: AuthMethodRecord,
): WritePlan<{ accessKey: string }> {
  const accessKey = generateAccessKey();
  return plan(services, caller, current.accessId, (view) => {
    const method = requireMethod(view, current.accessId);
    if (method.type !== "api_key")
      throw new CallerError(
        "E_INPUT",
        `auth method ${method.name} is of type ${method.type} and has no access key`,
      );
    const verifier = toBase64Url(accessKeyVerifier(method.accessId, accessKey));
    view.put({ ...method, verifier, generation: newGeneration(), modified: Date.now() });
    return { accessKey };
  });
}

/** A method by its name, or by its access id. @throws {CallerError} `E_NOT_FOUND` */
export function findMethod({ replica }: Services, nameOrId: string): AuthMethodRecord {
  const byId = replica.index.method(nameOrId);
  if (byId !== undefined) return byId;
  const name = nameOrId.startsWith("/") ? nameOrId.slice(1) : nameOrId;
  for (const method of replica.index.methods()) if (method.name === name) return method;
  throw methodNotFound(nameOrId);
}

/** @throws {CallerError} `E_NOT_FOUND` */
export function requireMethod(view: GroupView, accessId: string): Method {
  const method = view.get<AuthMethodRecord>(recordKinds.authMethod, accessId);
  if (method === undefined) throw methodNotFound(accessId);
  return method;
}

function methodNotFound(name: string): CallerError {
  return new CallerError(
    "E_NOT_FOUND",
    `Status 404 Not Found, Error: NotFound. Message: failed to obtain auth method ${JSON.stringify(name.slice(0, 80))}`,
  );
}

function requireFreeName({ replica }: Services, view: GroupView, name: string, own: string): void {
  const taken = (method: { name: string; accessId: string }) =>
    method.name === name && method.accessId !== own;
  const staged = view.staged<AuthMethodRecord>("method");
  if ([...replica.index.methods()].some(taken) || staged.some(taken)) {
    throw new CallerError(
      "E_EXISTS",
      `Status 409 Conflict, Error: AlreadyExists. Message: auth method ${name} already exists`,
    );
  }
}

/** A random u32: raising it ends every token of the method. */
export function newGeneration(): number {
  return randomBytes(4).readUInt32BE();
}

function plan<R>(
  { access, keyring }: Services,
  caller: Caller,
  accessId: string,
  build: (view: GroupView) => R,
): WritePlan<R> {
  return {
    claims: [policyClaim, toBase64Url(keyring.recordId(recordKinds.authMethod, accessId))],
    async prepare() {
      requireAdminNow(access, caller);
    },
    build(view) {
      requireAdminNow(access, caller);
      return { result: build(view) };
    },
  };
}
