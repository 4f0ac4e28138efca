import { ServerRefusal } from "../cli-error.ts";
import type { Gateway } from "../gateway.ts";
import type { PolicyFile, PolicyRole } from "./policy-file.ts";

/** One change that makes the account's policy what the file says. */
export interface Step {
  /** For people, without a full stop. */
  what: string;
  command: string;
  fields: object;
}

interface StandingRole {
  rules: { path_rules: { path: string; capabilities: string[] }[] };
  role_auth_methods_assoc: {
    assoc_id: string;
    auth_method_name: string;
    auth_method_sub_claims: Record<string, string[]>;
  }[];
}

/**
 * What has to change. Only what the file names is looked at: other roles and auth methods stay as they are, but
 * in a role that it names, rules and associations that it does not name go.
 */
export async function stepsTo(policy: PolicyFile, gateway: Gateway): Promise<Step[]> {
  const steps: Step[] = [];
  for (const name of policy["auth-methods"]) {
    if ((await standing(gateway, "get-auth-method", name)) === undefined) {
      steps.push({
        what: `create auth method ${name} with an access key`,
        command: "create-auth-method",
        fields: { name },
      });
    }
  }
  for (const [name, role] of Object.entries(policy.roles)) {
    const held = (await standing(gateway, "get-role", name)) as StandingRole | undefined;
    if (held === undefined) {
      steps.push({
        what: `create role ${name}`,
        command: "create-role",
        fields: { name, description: role.description },
      });
    }
    steps.push(...ruleSteps(name, role, held), ...associationSteps(name, role, held));
  }
  return steps;
}

function ruleSteps(name: string, role: PolicyRole, held: StandingRole | undefined): Step[] {
  const now = new Map((held?.rules.path_rules ?? []).map(({ path, capabilities }) => [path, capabilities]));
  const wanted = new Set(role.rules.map(({ path }) => path));
  const missing = role.rules.filter(({ path, capabilities }) => !sameSet(now.get(path), capabilities));
  const surplus = [...now.keys()].filter((path) => !wanted.has(path));
  return [
    ...missing.map(({ path, capabilities }) => ({
      what: `role ${name}: ${path} gives ${capabilities.join(", ")}`,
      command: "set-role-rule",
      fields: { "role-name": name, path, capability: capabilities },
    })),
    ...surplus.map((path) => ({
      what: `role ${name}: no rule for ${path} any more`,
      command: "delete-role-rule",
      fields: { "role-name": name, path },
    })),
  ];
}

function associationSteps(name: string, role: PolicyRole, held: StandingRole | undefined): Step[] {
  const now = (held?.role_auth_methods_assoc ?? []).map((one) => ({
    id: one.assoc_id,
    key: keyOf(one.auth_method_name, one.auth_method_sub_claims),
    method: one.auth_method_name,
  }));
  const wanted = role.associations.map((one) => ({ one, key: keyOf(one["auth-method"], one["sub-claims"]) }));
  return [
    ...wanted
      .filter(({ key }) => !now.some((standing) => standing.key === key))
      .map(({ one }) => ({
        what: `role ${name} is held by ${one["auth-method"]}${conditionText(one["sub-claims"])}`,
        command: "assoc-role-am",
        fields: { "role-name": name, "am-name": one["auth-method"], "sub-claims": one["sub-claims"] },
      })),
    ...now
      .filter(({ key }) => !wanted.some((one) => one.key === key))
      .map(({ id, method }) => ({
        what: `role ${name} is not held by ${method} in this way any more`,
        command: "delete-assoc",
        fields: { "assoc-id": id },
      })),
  ];
}

async function standing(gateway: Gateway, command: string, name: string): Promise<unknown> {
  try {
    return await gateway.call(command, { name });
  } catch (error) {
    if (error instanceof ServerRefusal && error.code === "E_NOT_FOUND") return undefined;
    throw error;
  }
}

function keyOf(method: string, claims: Record<string, string[]>): string {
  const sorted = Object.entries(claims)
    .map(([name, values]): [string, string[]] => [name, [...values].sort()])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([method.replace(/^\//, ""), sorted]);
}

function sameSet(held: readonly string[] | undefined, wanted: readonly string[]): boolean {
  return held !== undefined && held.length === wanted.length && wanted.every((one) => held.includes(one));
}

function conditionText(claims: Record<string, string[]>): string {
  const parts = Object.entries(claims).map(([name, values]) => `${name} is ${values.join(" or ")}`);
  return parts.length === 0 ? "" : ` where ${parts.join(" and ")}`;
}
