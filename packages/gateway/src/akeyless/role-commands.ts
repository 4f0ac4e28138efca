import {
  type AccessRule,
  CallerError,
  type Capability,
  capabilities,
  parsePattern,
  parseRecordName,
  type RecordName,
  withLeadingSlash,
} from "@halfkey/model";
import Type from "typebox";
import { requireAdmin } from "../access/require-admin.ts";
import {
  changeRole,
  createRole as createPlan,
  deleteRole as deletePlan,
  requireAnotherAdmin,
  roleNotFound,
  withoutRule,
  withRule,
} from "../access/role-writes.ts";
import { checkDescription } from "../items/item-input.ts";
import { command } from "./command.ts";
import { roleReply } from "./role-reply.ts";

/** What official clients send for "leave it as it is". */
const unchanged = ["default_comment", "default_metadata", "use-existing"];

export const createRole = command({
  name: "create-role",
  summary: "Creates a role; it gives nothing until it has rules and associations.",
  request: Type.Object({
    name: Type.String(),
    description: Type.Optional(Type.String()),
    comment: Type.Optional(Type.String()),
  }),
  async run(services, { caller, request, deadline, audit }) {
    const name = parseRecordName(request.name);
    const description = checkDescription(request.description || request.comment || "");
    await services.writes.run(
      () => createPlan(services, caller, name, { description, admin: false }),
      deadline,
    );
    await audit.wrote([{ path: name }]);
    return {};
  },
});

export const updateRole = command({
  name: "update-role",
  summary: "Changes a role's name or description.",
  request: Type.Object({
    name: Type.String(),
    "new-name": Type.Optional(Type.String()),
    description: Type.Optional(Type.String()),
    "new-comment": Type.Optional(Type.String()),
  }),
  async run(services, { caller, request, deadline, audit }) {
    const name = parseRecordName(request.name);
    const newName = request["new-name"] ? parseRecordName(request["new-name"]) : name;
    const said = [request.description, request["new-comment"]].find(
      (text) => text !== undefined && !unchanged.includes(text),
    );
    const description = said === undefined ? undefined : checkDescription(said);
    const plan = () =>
      changeRole(services, caller, name, (role) => ({
        role: { ...role, name: newName, ...(description === undefined ? {} : { description }) },
        result: undefined,
      }));
    await services.writes.run(plan, deadline);
    await audit.wrote([{ path: name, ...(newName === name ? {} : { to: newName }) }]);
    return { updated: true };
  },
});

export const deleteRole = command({
  name: "delete-role",
  summary: "Deletes a role with its rules and associations.",
  request: Type.Object({ name: Type.String() }),
  async run(services, { caller, request, deadline, audit }) {
    const name = parseRecordName(request.name);
    await services.writes.run(() => deletePlan(services, caller, name), deadline);
    await audit.wrote([{ path: name }]);
    return {};
  },
});

export const getRole = command({
  name: "get-role",
  summary: "Tells a role's rules and associations.",
  request: Type.Object({ name: Type.String() }),
  async run(services, { caller, request, deadline }) {
    await requireAdmin(services, caller, deadline);
    await services.freshness.beforeNegative(deadline);
    const name = parseRecordName(request.name);
    const role = services.replica.index.role(name);
    if (role === undefined) throw roleNotFound(name);
    return roleReply(services, role);
  },
});

export const listRoles = command({
  name: "list-roles",
  summary: "Lists all roles.",
  request: Type.Object({ filter: Type.Optional(Type.String()) }),
  async run(services, { caller, request, deadline }) {
    await requireAdmin(services, caller, deadline);
    await services.freshness.recent(deadline);
    const filter = request.filter ?? "";
    const roles = [...services.replica.index.roles()]
      .filter(({ name }) => name.includes(filter))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    return { roles: roles.map((role) => roleReply(services, role)), next_page: "" };
  },
});

export const setRoleRule = command({
  name: "set-role-rule",
  summary: "Adds a rule to a role, or replaces the one for the same path pattern.",
  request: Type.Object({
    "role-name": Type.String(),
    path: Type.String(),
    capability: Type.Array(Type.String()),
    "rule-type": Type.Optional(Type.String()),
    ttl: Type.Optional(Type.Integer({ minimum: 0, maximum: 5_256_000 })),
  }),
  async run(services, { caller, request, deadline, audit }) {
    const name = parseRecordName(request["role-name"]);
    requireItemRule(request["rule-type"]);
    const rule = ruleOf(request);
    const plan = () =>
      changeRole(services, caller, name, (role) => ({ role: withRule(role, rule), result: undefined }));
    await services.writes.run(plan, deadline);
    await audit.wrote([{ path: name, to: rule.pattern }]);
    return {};
  },
});

export const deleteRoleRule = command({
  name: "delete-role-rule",
  summary: "Removes a rule from a role.",
  request: Type.Object({
    "role-name": Type.String(),
    path: Type.String(),
    "rule-type": Type.Optional(Type.String()),
  }),
  async run(services, { caller, request, deadline, audit }) {
    const name: RecordName = parseRecordName(request["role-name"]);
    requireItemRule(request["rule-type"]);
    const plan = () =>
      changeRole(services, caller, name, (role, view) => {
        const rest = withoutRule(role, withLeadingSlash(request.path));
        requireAnotherAdmin(services, view, name, rest);
        return { role: rest, result: undefined };
      });
    await services.writes.run(plan, deadline);
    await audit.wrote([{ path: name, to: request.path }]);
    return { deleted: true, result: "rule deleted" };
  },
});

function ruleOf(request: { path: string; capability: string[]; ttl?: number }): AccessRule {
  const pattern = withLeadingSlash(request.path);
  parsePattern(pattern);
  const wanted = request.capability
    .flatMap((one) => one.split(","))
    .map((one) => one.trim())
    .filter((one) => one !== "");
  const held = capabilities.filter((one) => wanted.includes(one));
  const unknown = wanted.filter((one) => !(capabilities as readonly string[]).includes(one));
  if (unknown.length > 0 || held.length === 0) {
    throw new CallerError("E_INPUT", `InvalidParam: capability must be some of ${capabilities.join(", ")}`);
  }
  const ttl = request.ttl ?? 0;
  if (ttl > 0 && held.includes("deny" satisfies Capability))
    throw new CallerError("E_INPUT", "InvalidParam: a deny does not end: leave ttl out");
  return { pattern, capabilities: held, ...(ttl === 0 ? {} : { expires: Date.now() + ttl * 60_000 }) };
}

function requireItemRule(type: string | undefined): void {
  if (type && type !== "item-rule")
    throw new CallerError(
      "E_UNSUPPORTED",
      "only rules of type item-rule are supported: admins manage everything else",
    );
}
