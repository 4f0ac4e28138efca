import assert from "node:assert/strict";
import { type AkeylessClient, AkeylessError, createAkeylessClient } from "./akeyless-client.ts";
import type { Needles } from "./needles.ts";
import { sessionNames, sessionValues } from "./session-names.ts";
import { type Call, callIdentities, callPolicy } from "./session-policy.ts";

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
    await callIdentities(call);
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
  await callOwn("instance-list", {});
  await callOwn("instance-revoke", { instance: "a".repeat(32) }, 404);
  await callOwn("rotate-start", { what: "vault" });
  await callOwn("rotate-status", {});
  // No backup has been made since, so nothing is destroyed.
  await callOwn("rotate-finish", {}, 409);
}
