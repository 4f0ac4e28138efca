import assert from "node:assert/strict";
import { type AkeylessClient, AkeylessError, createAkeylessClient } from "./akeyless-client.ts";
import type { Needles } from "./needles.ts";

/** What a session names; each text is used nowhere else, so that finding one proves where it came from. */
export const sessionNames = {
  namespace: "namespace-joplin-71c4",
  secret: "tsig-secret-2f90",
  key: "tsig-secret-key-5be3",
  unicode: "schlüssel-größe-8d21",
  renamed: "renamed-to-c07a",
  movedTo: "moved-to-19fe",
  inVain: "asked-for-in-vain-44b8",
  tag: "tag-of-the-cluster-e9d0",
  laterTag: "tag-added-later-0a67",
  description: "description-for-people-63cc",
  role: "role-of-readers-3c1e",
  renamedRole: "role-with-new-name-b7aa",
  roleDescription: "role-description-12f3",
  rule: "path-of-a-rule-5d0c",
  claim: "claim-name-9b2f",
  claimValue: "claim-value-e41a",
  method: "auth-method-of-ci-70d5",
  renamedMethod: "auth-method-renamed-2ab8",
} as const;

/** What a session writes as values. */
export const sessionValues = {
  value: "value-hmac-sha256-d1f4a8",
  updated: 'value "updated"\n✓ 90ab17',
  large: "value-large-2c55e0",
  user: "user-name-b2d8",
  password: "password-f00c3a91",
  refused: "value-never-written-7790",
} as const;

export interface SessionResult {
  /** Names of the commands it called. */
  readonly called: ReadonlySet<string>;
  /** Tokens, keys and access ids that it was given. */
  readonly given: Needles;
}

export interface SessionTarget {
  readonly gatewayUrl: string;
  readonly caFile: string;
  readonly accessId: string;
  readonly accessKey: string;
}

const { namespace, secret, key } = sessionNames;
const folder = `/mdapi/${namespace}`;
const path = `${folder}/${secret}/${key}`;
const moved = `/mdapi/${sessionNames.movedTo}`;

/** Calls every command that a gateway has at least once, with success and, where it is easy, with a refusal. */
export async function fullSession(target: SessionTarget): Promise<SessionResult> {
  const { gatewayUrl, accessId, accessKey } = target;
  const called = new Set<string>();
  const given: Record<string, string | Uint8Array> = {};
  const client = createAkeylessClient({ ...target, akeylessUrl: `${gatewayUrl}/akeyless-api/v2` });
  const own = createAkeylessClient({ ...target, akeylessUrl: `${gatewayUrl}/halfkey/v1` });
  const api = createAkeylessClient({ ...target, akeylessUrl: `${gatewayUrl}/api` });

  const logIn = async (id = accessId, accessKeyText = accessKey) => {
    called.add("auth");
    const body = { "access-id": id, "access-key": accessKeyText, "access-type": "access_key" };
    return String((await client.send("auth", body)).token);
  };
  const token = await logIn();
  given["a token"] = token;
  /** @param refusal the status of a refusal that is wanted. */
  const sender =
    (through: AkeylessClient) =>
    async (command: string, body: object, refusal?: number): Promise<Record<string, unknown>> => {
      called.add(command);
      try {
        const reply = await through.send(command, { token, ...body });
        assert.equal(refusal, undefined, `${command} succeeds`);
        return reply;
      } catch (error) {
        if (error instanceof AkeylessError && error.status === refusal) return {};
        throw error;
      }
    };
  const call = sender(client);
  const callOwn = sender(own);

  try {
    const configured = await call("configure", { "access-id": accessId, "access-key": accessKey });
    given["a token of configure"] = String(configured.token);
    await call("revoke-creds", { token: configured.token });
    await call("validate-token", {});
    await callItems(call);
    Object.assign(given, await callPolicy(call, logIn));
    await callRest(call, callOwn);
    const { derived_key } = await sender(api)("derived-key", { path });
    given["a derived key"] = Buffer.from(String(derived_key), "base64");

    await assert.rejects(client.send("get-secret-value", { names: [path], token: `${token}A` }));
    await assert.rejects(logIn(accessId, `${accessKey}A`));
    await callOwn("revoke", { "access-id": accessId });
  } finally {
    for (const one of [client, own, api]) one.close();
  }
  return { called, given };
}

type Call = (command: string, body: object, refusal?: number) => Promise<Record<string, unknown>>;

async function callItems(call: Call): Promise<void> {
  const unicode = `${folder}/${sessionNames.unicode}`;
  const inVain = `${folder}/${sessionNames.inVain}`;
  const renamed = `${folder}/${sessionNames.renamed}`;
  const large = `${sessionValues.large} `.repeat(55_188).slice(0, 1_048_576);
  const metadata = { description: sessionNames.description, tags: [sessionNames.tag] };
  const { value, updated, refused, user: username, password } = sessionValues;

  await call("create-secret", { name: path, value, ...metadata });
  await call("create-secret", { name: unicode, value: large });
  await call("create-secret", { name: `${folder}/login`, type: "password", username, password });
  await call("create-secret", { name: path, value: refused }, 409);
  await call("update-secret-val", { name: path, value: updated });
  await call("update-secret-val", { name: inVain, value: refused }, 404);
  await call("get-secret-value", { names: [path, unicode, `${folder}/login`] });
  await call("get-secret-value", { names: [path], version: 1 });
  await call("get-secret-value", { names: [inVain] }, 404);
  await call("describe-item", { name: path, "show-versions": true });
  await call("describe-item", { name: inVain }, 404);
  await call("list-items", { path: folder, filter: "tsig", tag: sessionNames.tag });
  await call("update-item", { name: path, "add-tag": [sessionNames.laterTag] });
  await call("get-tags", { name: path });
  await call("rollback-secret", { name: path, "old-version": 1 });
  await call("set-item-state", { name: path, "desired-state": "Disabled" });
  await call("set-item-state", { name: path, "desired-state": "Enabled" });
  await call("update-item", { name: path, "new-name": renamed });
  await call("move-objects", { source: folder, target: moved });
  await call("delete-item", { name: `${moved}/${sessionNames.renamed}` });
  await call("delete-item", { name: inVain }, 404);
  await call("delete-items", { path: moved });
  await call("create-secret", { name: path, value });
}

/** @returns credentials that it was given. */
async function callPolicy(call: Call, logIn: (id: string, key: string) => Promise<string>): Promise<Needles> {
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
  await call("describe-permissions", { path });
  await call("describe-sub-claims", {});
  await call("delete-assoc", { "assoc-id": assoc_id });
  await call("delete-role-rule", { "role-name": renamedRole, path: `/${rule}/deny/*` });
  await call("auth-method-delete", { name: `${renamedMethod}-0` });
  await call("delete-auth-method", { name: `${renamedMethod}-1` });
  await call("delete-role", { name: renamedRole });
  return given;
}

async function callRest(call: Call, callOwn: Call): Promise<void> {
  await call("gateway-list-customer-fragments", {});
  await call("list-gateways", {});
  await callOwn("trash", { path: "/mdapi" });
  await callOwn("undelete", { name: `${moved}/${sessionNames.renamed}` });
  await callOwn("explain", { path });
  await callOwn("who-can", { path });
  await callOwn("envelope", { path });
  await callOwn("audit/search", {});
  await callOwn("audit/tail", { after: "1:0" });
  await callOwn("audit/verify", {});
  // Nothing is wrong, so there is nothing to accept, and nothing that the vault lacks.
  const { own } = await callOwn("head-show", {});
  await callOwn("head-accept", own as object, 409);
  await callOwn("head-push", {});
}
