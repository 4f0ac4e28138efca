import type { Gateway } from "../gateway.ts";

/** One path pattern, and the namespaces that it is for. */
export interface Grant {
  /** As a sub-claim has it: `*` and `?` are wildcards. */
  namespaces: string;
  /** As a rule has it: `/*` below, `+` one part, `{{namespace}}` the namespace itself. */
  path: string;
}

/** What the gateway gives to the namespaces of one auth method. */
export interface Grants {
  read: Grant[];
  write: Grant[];
  /** Rules that the admission policy cannot say, in words. They still hold at the gateway. */
  left: string[];
}

interface Role {
  role_name: string;
  rules: { path_rules: { path: string; capabilities: string[] }[] };
  role_auth_methods_assoc: {
    auth_method_access_id: string;
    auth_method_sub_claims: Record<string, string[]>;
  }[];
}

/** What the pattern language of the admission policy can hold; see {@link admissionPolicies}. */
const sayable = /^(\/(\+|\{\{namespace\}\}|[A-Za-z0-9._-]+))*(\/\*\*?)?$/;
const namespacePattern = /^[a-z0-9*?-]+$/;

/**
 * Reads the roles of an auth method: one source for both walls. Claims other than the namespace are passed over, and so
 * are rules that deny: the admission policy may be the wider wall, never the narrower one.
 */
export async function grantsOf(gateway: Gateway, accessId: string): Promise<Grants> {
  const method = await gateway.call("get-auth-method", { name: accessId });
  const associations = (method.auth_method_roles_assoc ?? []) as { role_name: string }[];
  const names = [...new Set(associations.map(({ role_name }) => role_name))].sort();
  const grants: Grants = { read: [], write: [], left: [] };
  for (const name of names) {
    const role = (await gateway.call("get-role", { name })) as unknown as Role;
    const own = role.role_auth_methods_assoc.filter((one) => one.auth_method_access_id === accessId);
    const namespaces = own.flatMap(({ auth_method_sub_claims: claims }) => claims.namespace ?? ["*"]);
    for (const { path, capabilities } of role.rules.path_rules) {
      if (capabilities.includes("deny")) continue;
      for (const pattern of new Set(namespaces))
        add(grants, { namespaces: pattern, path }, capabilities, name);
    }
  }
  return grants;
}

function add(grants: Grants, grant: Grant, capabilities: readonly string[], role: string): void {
  const path = grant.path.startsWith("/") ? grant.path : `/${grant.path}`;
  if (!sayable.test(path) || !namespacePattern.test(grant.namespaces)) {
    grants.left.push(`role ${role}: ${path} for namespace ${grant.namespaces}`);
    return;
  }
  const held = (list: Grant[]) =>
    list.some((one) => one.namespaces === grant.namespaces && one.path === path);
  const put = (list: Grant[]) => held(list) || list.push({ namespaces: grant.namespaces, path });
  if (capabilities.includes("read")) put(grants.read);
  if (capabilities.includes("create") || capabilities.includes("update")) put(grants.write);
}

/** One line a grant, as the admission policy reads them. */
export function grantLines(grants: readonly Grant[]): string {
  return grants.map(({ namespaces, path }) => `${namespaces} ${path}\n`).join("");
}
