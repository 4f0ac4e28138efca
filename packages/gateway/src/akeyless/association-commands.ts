import { type AuthMethodRecord, CallerError, parseRecordName, type RoleAssociation } from "@halfkey/model";
import Type from "typebox";
import { requireAdmin } from "../access/require-admin.ts";
import {
  changeRole,
  requireAnotherAdmin,
  roleOfAssociation,
  withAssociation,
} from "../access/role-writes.ts";
import { findMethod, requireMethod } from "../auth/method-writes.ts";
import { command } from "./command.ts";
import { associationReply, withSlash } from "./role-reply.ts";

const SubClaims = Type.Optional(Type.Object({}));
const claimsMax = 32;
const valuesMax = 256;

export const assocRoleAm = command({
  name: "assoc-role-am",
  summary: "Gives a role to an auth method, or only to those of its callers whose claims fit.",
  request: Type.Object({
    "role-name": Type.String(),
    "am-name": Type.String(),
    "sub-claims": SubClaims,
    "case-sensitive": Type.Optional(Type.Boolean()),
  }),
  async run(services, { caller, request, deadline, audit }) {
    const name = parseRecordName(request["role-name"]);
    await requireAdmin(services, caller, deadline);
    const method = findMethod(services, request["am-name"]);
    const condition = conditionOf(request["sub-claims"], request["case-sensitive"]);
    requireCondition(method, condition);
    const plan = () =>
      changeRole(services, caller, name, (role, view) => {
        // Again, where it counts: an association of nobody would pass for an admin who is left.
        requireMethod(view, method.accessId);
        const { role: changed, id } = withAssociation(role, { accessId: method.accessId, ...condition });
        return { role: changed, result: id };
      });
    const id = await services.writes.run(plan, deadline);
    await audit.wrote([{ path: name, to: method.accessId }]);
    return { assoc_id: id };
  },
});

export const updateAssoc = command({
  name: "update-assoc",
  summary: "Changes which claims an association asks for.",
  request: Type.Object({
    "assoc-id": Type.String(),
    "sub-claims": SubClaims,
    "case-sensitive": Type.Optional(Type.Boolean()),
  }),
  async run(services, { caller, request, deadline, audit }) {
    await requireAdmin(services, caller, deadline);
    const id = request["assoc-id"];
    const { name, associations } = roleOfAssociation(services, id);
    const condition = conditionOf(request["sub-claims"], request["case-sensitive"]);
    const accessId = associations.find((one) => one.id === id)?.accessId ?? "";
    requireCondition(services.replica.index.method(accessId), condition);
    const plan = () =>
      changeRole(services, caller, parseRecordName(name), (role) => ({
        role: {
          ...role,
          associations: role.associations.map((one) =>
            one.id === id ? { id, accessId: one.accessId, ...condition } : one,
          ),
        },
        result: undefined,
      }));
    await services.writes.run(plan, deadline);
    await audit.wrote([{ path: name }]);
    return {};
  },
});

export const deleteAssoc = command({
  name: "delete-assoc",
  summary: "Takes a role away from an auth method.",
  request: Type.Object({ "assoc-id": Type.String() }),
  async run(services, { caller, request, deadline, audit }) {
    await requireAdmin(services, caller, deadline);
    const id = request["assoc-id"];
    const { name } = roleOfAssociation(services, id);
    const plan = () =>
      changeRole(services, caller, parseRecordName(name), (role, view) => {
        const changed = { ...role, associations: role.associations.filter((one) => one.id !== id) };
        requireAnotherAdmin(services, view, name, changed);
        return { role: changed, result: undefined };
      });
    await services.writes.run(plan, deadline);
    await audit.wrote([{ path: name }]);
    return {};
  },
});

export const describeRoleAmAssoc = command({
  name: "describe-role-am-assoc",
  summary: "Tells about one association.",
  request: Type.Object({ "assoc-id": Type.String() }),
  async run(services, { caller, request, deadline }) {
    await requireAdmin(services, caller, deadline);
    const role = roleOfAssociation(services, request["assoc-id"]);
    const association = role.associations.find(({ id }) => id === request["assoc-id"]);
    return association === undefined
      ? { role_name: withSlash(role.name) }
      : associationReply(services, role, association);
  },
});

/** @throws {CallerError} `E_INPUT` where the method asks for claims and the association would ask for none. */
function requireCondition(
  method: AuthMethodRecord | undefined,
  { subClaims }: Pick<RoleAssociation, "subClaims">,
): void {
  if (method?.forceSubClaims !== true || Object.keys(subClaims).length > 0) return;
  throw new CallerError(
    "E_INPUT",
    `InvalidParam: auth method ${method.name} wants sub-claims in every association`,
  );
}

/** Values come as a list, or as one text with commas, as the command line sends them. */
function conditionOf(
  given: object | undefined,
  caseSensitive = true,
): Pick<RoleAssociation, "subClaims" | "caseInsensitive"> {
  const subClaims: Record<string, string[]> = Object.create(null);
  for (const [name, value] of Object.entries(given ?? {})) {
    const listed = typeof value === "string" ? value.split(",") : Array.isArray(value) ? value : [value];
    const values = listed.filter((one) => typeof one !== "object").map((one) => String(one).trim());
    const isFine =
      values.length === listed.length &&
      /^[A-Za-z0-9_./:-]{1,64}$/.test(name) &&
      values.length <= valuesMax &&
      values.every((one) => one !== "" && one.length <= 512);
    if (!isFine)
      throw new CallerError(
        "E_INPUT",
        "InvalidParam: sub-claims must map claim names to values, without empty ones",
      );
    subClaims[name] = values;
  }
  if (Object.keys(subClaims).length > claimsMax)
    throw new CallerError("E_INPUT", `InvalidParam: sub-claims has more than ${claimsMax} names`);
  return { subClaims, ...(caseSensitive ? {} : { caseInsensitive: true as const }) };
}
