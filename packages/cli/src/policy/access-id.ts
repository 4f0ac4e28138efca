import type { Gateway } from "../gateway.ts";

/** The access id of an auth method that is given by name or by access id. @throws {CliError} if there is none */
export async function accessIdOf(gateway: Gateway, nameOrId: string): Promise<string> {
  if (/^p-[0-9a-z]{12,}$/.test(nameOrId)) return nameOrId;
  const method = await gateway.call("get-auth-method", { name: nameOrId });
  return String(method.auth_method_access_id);
}
