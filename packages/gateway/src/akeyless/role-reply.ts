import type { RoleAssociation, RoleRecord } from "@halfkey/model";
import type { Services } from "../services.ts";

/** A role as official clients read it. */
export function roleReply(services: Services, role: RoleRecord): object {
  return {
    role_name: withSlash(role.name),
    role_id: 0,
    comment: role.description,
    delete_protection: false,
    creation_date: new Date(role.created).toISOString(),
    modification_date: new Date(role.modified).toISOString(),
    access_date: null,
    client_permissions: ["read", "list", "update", "delete", "create"],
    rules: {
      admin: role.admin,
      path_rules: role.rules.map(({ pattern, capabilities, expires }) => ({
        path: pattern,
        type: "item-rule",
        capabilities,
        ...(expires === undefined ? {} : { ttl: Math.max(0, Math.ceil((expires - Date.now()) / 60_000)) }),
      })),
    },
    role_auth_methods_assoc: role.associations.map((association) =>
      associationReply(services, role, association),
    ),
  };
}

export function associationReply(
  { replica }: Services,
  role: RoleRecord,
  association: RoleAssociation,
): object {
  return {
    assoc_id: association.id,
    role_name: withSlash(role.name),
    auth_method_name: withSlash(replica.index.method(association.accessId)?.name ?? association.accessId),
    auth_method_access_id: association.accessId,
    auth_method_sub_claims: association.subClaims,
    sub_claims_case_sensitive: association.caseInsensitive !== true,
    is_sub_claims_case_sensitive: association.caseInsensitive !== true,
    is_subclaims_with_operator: false,
    allowed_ops: ["read", "list", "update", "delete", "create"],
  };
}

export function withSlash(name: string): string {
  return name.startsWith("/") ? name : `/${name}`;
}
