import type { Needles } from "./needles.ts";
import { sessionNames, sessionValues } from "./session-names.ts";

/** Calls one command. @param refusal The status of a refusal that is wanted. */
export type Call = (command: string, body: object, refusal?: number) => Promise<Record<string, unknown>>;

/** Auth methods with access keys, roles, rules and associations. @returns credentials that it was given. */
export async function callPolicy(
  call: Call,
  logIn: (id: string, key: string) => Promise<string>,
): Promise<Needles> {
  const { role, renamedRole, roleDescription, rule, method, renamedMethod, claim, claimValue } = sessionNames;
  const given: Record<string, string> = {};
  const subClaims = { "sub-claims": { [claim]: claimValue } };

  for (const [at, spelling] of [
    ["auth-method-create-api-key", "auth-method-update-api-key", "auth-method-get", "auth-method-list"],
    ["create-auth-method", "update-auth-method", "get-auth-method", "list-auth-methods"],
  ].entries()) {
    const [create = "", update = "", get = "", list = ""] = spelling;
    const name = `${method}-${at}`;
    const made = await call(create, { name, description: sessionNames.description });
    given[`access id ${at}`] = String(made.access_id);
    given[`access key ${at}`] = String(made.access_key);
    given[`token ${at}`] = await logIn(String(made.access_id), String(made.access_key));
    await call(update, { name, "new-name": `${renamedMethod}-${at}` });
    await call(get, { name: `${renamedMethod}-${at}` });
    await call(list, {});
    const reset = await call("reset-access-key", { name: `${renamedMethod}-${at}` });
    given[`access key ${at} after a reset`] = String(reset.access_key);
  }
  await call("create-role", { name: role, description: roleDescription });
  await call("create-role", { name: role }, 409);
  await call("set-role-rule", { "role-name": role, path: `/${rule}/*`, capability: ["read"] });
  await call("set-role-rule", { "role-name": role, path: `/${rule}/deny/*`, capability: ["deny"] });
  const { assoc_id } = await call("assoc-role-am", {
    ...{ "role-name": role, "am-name": `${renamedMethod}-0` },
    ...subClaims,
  });
  await call("update-assoc", { "assoc-id": assoc_id, ...subClaims });
  await call("describe-role-am-assoc", { "assoc-id": assoc_id });
  await call("update-role", { name: role, "new-name": renamedRole });
  await call("get-role", { name: renamedRole });
  await call("list-roles", {});
  await call("describe-permissions", { path: `/${rule}/any` });
  await call("describe-sub-claims", {});
  await call("delete-assoc", { "assoc-id": assoc_id });
  await call("delete-role-rule", { "role-name": renamedRole, path: `/${rule}/deny/*` });
  await call("auth-method-delete", { name: `${renamedMethod}-0` });
  await call("delete-auth-method", { name: `${renamedMethod}-1` });
  await call("delete-role", { name: renamedRole });
  return given;
}

/** Auth methods of identity providers and clusters. Nobody asks them for keys, as nobody logs in. */
export async function callIdentities(call: Call): Promise<void> {
  const { namespace, audience, serviceAccount, cluster, clusterHost, boundClaim, description } = sessionNames;
  const issuer = `https://${sessionNames.issuer}`;
  const jwt = {
    issuer,
    audience,
    "unique-identifier": "sub",
    "bound-claims": { ref: boundClaim },
    description,
  };
  const k8s = { audience, "bound-namespaces": [namespace], "bound-sa-names": [serviceAccount] };

  for (const kind of ["oauth2", "oidc", "k8s"]) {
    for (const [create, update] of [
      [`auth-method-create-${kind}`, `auth-method-update-${kind}`],
      [`create-auth-method-${kind}`, `update-auth-method-${kind}`],
    ] as const) {
      const fields = kind === "k8s" ? k8s : jwt;
      await call(create, { name: create, ...fields });
      await call(update, { name: create, ...fields, audience: `${audience}-later` });
    }
  }
  const method = await call("auth-method-get", { name: "auth-method-create-k8s" });
  const config = {
    name: cluster,
    "k8s-host": `https://${clusterHost}`,
    "k8s-issuer": issuer,
    "token-reviewer-jwt": sessionValues.reviewer,
  };
  await call("gateway-create-k8s-auth-config", { ...config, "access-id": method.auth_method_access_id });
  await call("gateway-update-k8s-auth-config", config);
  await call("gateway-get-k8s-auth-config", { name: cluster });
  await call("gateway-get-config", {});
  await call("gateway-delete-k8s-auth-config", { name: cluster });
}
