import type { AuthMethodRecord } from "@halfkey/model";
import type { Services } from "../services.ts";
import { associationReply, withSlash } from "./role-reply.ts";

/** An auth method as official clients read it: what it asks, never what it keeps secret. */
export function authMethodReply(services: Services, method: AuthMethodRecord): object {
  const associations = [...services.replica.index.roles()].flatMap((role) =>
    role.associations
      .filter(({ accessId }) => accessId === method.accessId)
      .map((one) => associationReply(services, role, one)),
  );
  return {
    auth_method_name: withSlash(method.name),
    auth_method_access_id: method.accessId,
    auth_method_id: 0,
    account_id: services.keyring.accountHex,
    description: method.description,
    creation_date: new Date(method.created).toISOString(),
    modification_date: new Date(method.modified).toISOString(),
    access_date: null,
    is_approved: true,
    delete_protection: method.deleteProtection === true,
    client_permissions: ["read", "list", "update", "delete", "create"],
    auth_method_roles_assoc: associations,
    access_info: {
      rules_type: method.type,
      access_expires: method.expires === undefined ? 0 : Math.floor(method.expires / 1000),
      cidr_whitelist: (method.boundIps ?? []).join(","),
      jwt_ttl: method.tokenTtlMinutes ?? 0,
      force_sub_claims: method.forceSubClaims === true,
      ...(method.type === "api_key" ? { api_key_access_rules: { alg: "HALFKEY_ACCESS_KEY" } } : {}),
      ...(method.kubernetes === undefined
        ? {}
        : {
            k8s_access_rules: {
              audience: method.kubernetes.audience ?? "",
              bound_namespaces: method.kubernetes.namespaces,
              bound_service_account_names: method.kubernetes.serviceAccounts,
              bound_pod_names: method.kubernetes.pods,
            },
          }),
      ...(method.jwt === undefined
        ? {}
        : {
            oauth2_access_rules: {
              issuer: method.jwt.issuer,
              audience: method.jwt.audiences.join(","),
              jwks_uri: method.jwt.jwksUrl ?? "",
              unique_identifier: method.jwt.uniqueIdentifier,
            },
          }),
    },
  };
}
