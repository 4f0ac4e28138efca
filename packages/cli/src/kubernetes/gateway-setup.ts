import { CliError, ServerRefusal } from "../cli-error.ts";
import type { Gateway } from "../gateway.ts";
import type { Step } from "../policy/reconcile.ts";

/** What the gateway has to know of a cluster. */
export interface GatewaySettings {
  /** Name of the auth method. */
  method: string;
  audience: string;
  serviceAccount: string;
  /** Name of the k8s auth config. */
  config: string;
  /** The API server as the gateway reaches it. */
  host: string;
  caPem: string | undefined;
  mode: "offline" | "review";
}

interface Method {
  auth_method_access_id: string;
  auth_method_roles_assoc: { role_name: string }[];
  access_info: {
    rules_type: string;
    k8s_access_rules?: { audience: string; bound_service_account_names: string[] };
  };
}

const ownRole = "own-namespace";

/** The auth method as the gateway has it, if it has it. */
export async function findMethod(gateway: Gateway, name: string): Promise<Method | undefined> {
  return (await standing(gateway, "get-auth-method", { name })) as Method | undefined;
}

/** What it takes to have the auth method. @throws {CliError} if there is one of that name for other callers. */
export function methodSteps(settings: GatewaySettings, held: Method | undefined): Step[] {
  const { method: name, audience, serviceAccount } = settings;
  const fields = { name, audience, "bound-sa-names": [serviceAccount] };
  const what = `auth method ${name}: audience ${audience}, service account ${serviceAccount}`;
  if (held === undefined) return [{ what: `create ${what}`, command: "auth-method-create-k8s", fields }];
  if (held.access_info.rules_type !== "k8s") {
    throw new CliError(`the auth method ${name} is of type ${held.access_info.rules_type}, not k8s`, {
      next: "name another with --method; `policy apply` makes methods with access keys, so run this first",
    });
  }
  const rules = held.access_info.k8s_access_rules;
  const isSame = rules?.audience === audience && rules.bound_service_account_names.join() === serviceAccount;
  return isSame ? [] : [{ what: `change ${what}`, command: "auth-method-update-k8s", fields }];
}

/** What it takes to have the k8s auth config. The reviewer's token is asked for only if it is needed. */
export async function configSteps(
  gateway: Gateway,
  settings: GatewaySettings,
  accessId: string,
  reviewerToken: () => Promise<string>,
): Promise<Step[]> {
  const { config: name, host, caPem = "", mode } = settings;
  const held = (await standing(gateway, "gateway-get-k8s-auth-config", { name })) as
    | Record<string, unknown>
    | undefined;
  const isSame =
    held?.auth_method_access_id === accessId &&
    held.k8s_host === host &&
    Buffer.from(String(held.k8s_ca_cert), "base64").toString().trim() === caPem.trim() &&
    held.mode === mode &&
    held.has_token_reviewer_jwt === true;
  if (isSame) return [];
  return [
    {
      what: `${held === undefined ? "create" : "change"} k8s auth config ${name}: ${host}, ${mode}`,
      command: `gateway-${held === undefined ? "create" : "update"}-k8s-auth-config`,
      fields: {
        ...{ name, "access-id": accessId, "k8s-host": host, "k8s-ca-cert": caPem, mode },
        "token-reviewer-jwt": await reviewerToken(),
      },
    },
  ];
}

/** Each namespace reads its own paths; nothing, if the method has roles already: then somebody has decided. */
export async function roleSteps(
  gateway: Gateway,
  settings: GatewaySettings,
  held: Method | undefined,
): Promise<Step[]> {
  if (held !== undefined && held.auth_method_roles_assoc.length > 0) return [];
  const isThere = (await standing(gateway, "get-role", { name: ownRole })) !== undefined;
  const path = "/mdapi/{{namespace}}/*";
  return [
    ...(isThere
      ? []
      : [{ what: `create role ${ownRole}`, command: "create-role", fields: { name: ownRole } }]),
    {
      what: `role ${ownRole}: ${path} gives read`,
      command: "set-role-rule",
      fields: { "role-name": ownRole, path, capability: ["read"] },
    },
    {
      what: `role ${ownRole} is held by ${settings.method}`,
      command: "assoc-role-am",
      fields: { "role-name": ownRole, "am-name": settings.method },
    },
  ];
}

async function standing(gateway: Gateway, command: string, fields: object): Promise<unknown> {
  try {
    return await gateway.call(command, fields);
  } catch (error) {
    if (error instanceof ServerRefusal && error.code === "E_NOT_FOUND") return undefined;
    throw error;
  }
}
