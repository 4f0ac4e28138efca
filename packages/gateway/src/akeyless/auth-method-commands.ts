import { type AuthMethodRecord, CallerError, parseRecordName } from "@halfkey/model";
import Type from "typebox";
import { requireAdmin } from "../access/require-admin.ts";
import { checkBlocks } from "../auth/bound-addresses.ts";
import {
  createMethod,
  deleteMethod,
  findMethod,
  type MethodFields,
  resetAccessKey as resetPlan,
  updateMethod,
} from "../auth/method-writes.ts";
import { checkDescription } from "../items/item-input.ts";
import { authMethodReply } from "./auth-method-reply.ts";
import { type Command, command } from "./command.ts";
import { withSlash } from "./role-reply.ts";

/** Fields that every type of auth method has. */
export const MethodRequestFields = {
  "access-expires": Type.Optional(Type.Integer({ minimum: 0, maximum: 32_503_680_000 })),
  "bound-ips": Type.Optional(Type.Array(Type.String())),
  description: Type.Optional(Type.String()),
  delete_protection: Type.Optional(Type.Boolean()),
  "force-sub-claims": Type.Optional(Type.Boolean()),
  "jwt-ttl": Type.Optional(Type.Integer({ minimum: 0, maximum: 525_600 })),
};
const MethodRequest = Type.Object({ name: Type.String(), ...MethodRequestFields });
const MethodUpdate = Type.Object({
  name: Type.String(),
  "new-name": Type.Optional(Type.String()),
  ...MethodRequestFields,
});

interface CommonFields {
  "access-expires"?: number;
  "bound-ips"?: string[];
  description?: string;
  delete_protection?: boolean;
  "force-sub-claims"?: boolean;
  "jwt-ttl"?: number;
}

/** What was said of a method; what was not said stays as it is. @throws {CallerError} `E_INPUT` */
export function methodFieldsOf(request: CommonFields): MethodFields {
  const expires = request["access-expires"] ?? 0;
  const blocks = request["bound-ips"]
    ?.flatMap((one) => one.split(","))
    .map((one) => one.trim())
    .filter((one) => one !== "");
  const ttl = request["jwt-ttl"] ?? 0;
  return {
    ...(expires === 0 ? {} : { expires: expires * 1000 }),
    ...(blocks === undefined ? {} : { boundIps: checkBlocks("bound-ips", blocks) }),
    ...(request.description === undefined ? {} : { description: checkDescription(request.description) }),
    ...(request.delete_protection === true ? { deleteProtection: true as const } : {}),
    ...(request["force-sub-claims"] === true ? { forceSubClaims: true as const } : {}),
    ...(ttl === 0 ? {} : { tokenTtlMinutes: ttl }),
  };
}

const create = (name: string, status: number): Command =>
  command({
    name,
    summary: "Creates an auth method with an access key, which is shown once.",
    status,
    request: MethodRequest,
    async run(services, { caller, request, deadline, audit }) {
      const methodName = parseRecordName(request.name);
      const fields = methodFieldsOf(request);
      const plan = () => createMethod(services, caller, methodName, { type: "api_key", ...fields });
      const { accessId, accessKey } = await services.writes.run(plan, deadline);
      await audit.wrote([{ path: methodName, to: accessId }]);
      return { access_id: accessId, access_key: accessKey, name: request.name };
    },
  });

const update = (name: string, status: number): Command =>
  command({
    name,
    summary: "Changes an auth method with an access key.",
    status,
    request: MethodUpdate,
    async run(services, { caller, request, deadline, audit }) {
      await requireAdmin(services, caller, deadline);
      const method = findMethod(services, request.name);
      if (method.type !== "api_key")
        throw new CallerError("E_INPUT", `auth method ${method.name} is of type ${method.type}`);
      const newName = request["new-name"] ? parseRecordName(request["new-name"]) : undefined;
      const fields = { ...methodFieldsOf(request), ...(newName === undefined ? {} : { name: newName }) };
      await services.writes.run(() => updateMethod(services, caller, method, fields), deadline);
      await audit.wrote([{ path: method.name, to: method.accessId }]);
      return { name: newName ?? method.name };
    },
  });

const remove = (name: string): Command =>
  command({
    name,
    summary: "Deletes an auth method and its associations; its tokens end at once.",
    request: Type.Object({ name: Type.String() }),
    async run(services, { caller, request, deadline, audit }) {
      await requireAdmin(services, caller, deadline);
      const method = findMethod(services, request.name);
      await services.writes.run(() => deleteMethod(services, caller, method), deadline);
      await audit.wrote([{ path: method.name, to: method.accessId }]);
      return { name: request.name };
    },
  });

const get = (name: string): Command =>
  command({
    name,
    summary: "Tells about an auth method, never its key.",
    request: Type.Object({ name: Type.String() }),
    async run(services, { caller, request, deadline }) {
      await requireAdmin(services, caller, deadline);
      await services.freshness.beforeNegative(deadline);
      return authMethodReply(services, findMethod(services, request.name));
    },
  });

const list = (name: string): Command =>
  command({
    name,
    summary: "Lists all auth methods.",
    request: Type.Object({
      filter: Type.Optional(Type.String()),
      type: Type.Optional(Type.Array(Type.String())),
    }),
    async run(services, { caller, request, deadline }) {
      await requireAdmin(services, caller, deadline);
      await services.freshness.recent(deadline);
      const types = (request.type ?? []).filter((one) => one !== "");
      const wanted = (method: AuthMethodRecord) =>
        method.name.includes(request.filter ?? "") && (types.length === 0 || types.includes(method.type));
      const methods = [...services.replica.index.methods()]
        .filter(wanted)
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      return { auth_methods: methods.map((method) => authMethodReply(services, method)), next_page: "" };
    },
  });

const resetAccessKey = command({
  name: "reset-access-key",
  summary: "Gives an auth method a new access key; the old one and its tokens end at once.",
  request: Type.Object({ name: Type.String() }),
  async run(services, { caller, request, deadline, audit }) {
    await requireAdmin(services, caller, deadline);
    const method = findMethod(services, request.name);
    const { accessKey } = await services.writes.run(() => resetPlan(services, caller, method), deadline);
    await audit.wrote([{ path: method.name, to: method.accessId }]);
    return { access_key: accessKey, name: withSlash(method.name) };
  },
});

/** Both spellings of each: newer clients and older ones. */
export const authMethodCommands: readonly Command[] = [
  create("auth-method-create-api-key", 201),
  create("create-auth-method", 200),
  update("auth-method-update-api-key", 201),
  update("update-auth-method", 200),
  remove("auth-method-delete"),
  remove("delete-auth-method"),
  get("auth-method-get"),
  get("get-auth-method"),
  list("auth-method-list"),
  list("list-auth-methods"),
  resetAccessKey,
];
