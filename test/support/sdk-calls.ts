import assert from "node:assert/strict";
import type { SdkStep, SdkTranscript } from "./sdk-session.ts";

/** One command that both SDKs send by their own models: fields are spelled as on the wire. */
export interface SdkCall {
  readonly step: string;
  readonly command: string;
  /** The SDKs' model, where it is not named after the command. */
  readonly model?: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Every command beyond the first secret, its success and its refusals, in an order that makes sense. */
export function sdkCalls(folder: string): SdkCall[] {
  const name = `${folder}/more/item`;
  const moved = `${folder}/moved/item`;
  const role = "sdk-role";
  const method = "sdk-method";
  const call = (step: string, command: string, fields: Record<string, unknown> = {}): SdkCall => ({
    step,
    command,
    fields,
  });
  return [
    call("more: create json", "create-secret", {
      name,
      value: '{"a":1}',
      format: "json",
      tags: ["one"],
      "max-versions": "5",
    }),
    call("more: create not json", "create-secret", { name: `${name}-bad`, value: "{", format: "json" }),
    call("more: update", "update-secret-val", { name, value: '{"a":2}', "keep-prev-version": "true" }),
    call("more: rollback", "rollback-secret", { name, "old-version": 1 }),
    call("more: rollback to nothing", "rollback-secret", { name, "old-version": 9 }),
    call("more: get after rollback", "get-secret-value", { names: [name] }),
    call("more: tag", "update-item", { name, "add-tag": ["two"], "rm-tag": ["one"] }),
    call("more: tags", "get-tags", { name }),
    call("more: description", "update-item", { name, description: "told" }),
    call("more: protect", "update-item", { name, delete_protection: "true" }),
    call("more: delete protected", "delete-item", { name }),
    call("more: unprotect", "update-item", { name, delete_protection: "false" }),
    call("more: disable", "set-item-state", { name, "desired-state": "Disabled" }),
    call("more: get disabled", "get-secret-value", { names: [name] }),
    call("more: enable", "set-item-state", { name, "desired-state": "Enabled" }),
    call("more: describe", "describe-item", { name, "show-versions": true }),
    call("more: rename", "update-item", { name, "new-name": moved }),
    call("more: get renamed", "get-secret-value", { names: [moved] }),
    call("more: move back", "move-objects", { source: `${folder}/moved`, target: `${folder}/more` }),
    call("more: move nothing", "move-objects", { source: `${folder}/moved`, target: `${folder}/more` }),
    call("more: delete version", "delete-item", { name, version: 2 }),
    call("more: list folder", "list-items", { path: folder, "current-folder": true }),
    call("more: delete items", "delete-items", { path: `${folder}/more` }),
    call("more: get deleted", "get-secret-value", { names: [name] }),
    call("more: validate", "validate-token"),
    call("more: gateways", "list-gateways"),
    call("more: fragments", "gateway-list-customer-fragments"),
    call("more: method", "auth-method-create-api-key", { name: method, "jwt-ttl": 5 }),
    call("more: method twice", "create-auth-method", { name: method }),
    call("more: role", "create-role", { name: role, description: "made by a session" }),
    call("more: rule", "set-role-rule", {
      "role-name": role,
      path: `${folder}/*`,
      capability: ["read", "list"],
    }),
    call("more: bad rule", "set-role-rule", { "role-name": role, path: "/a*b", capability: ["read"] }),
    {
      ...call("more: association", "assoc-role-am", {
        "role-name": role,
        "am-name": method,
        "sub-claims": { ns: "a,b" },
      }),
      model: "AssocRoleAuthMethod",
    },
    call("more: get role", "get-role", { name: role }),
    call("more: roles", "list-roles", { filter: role }),
    call("more: get method", "auth-method-get", { name: method }),
    call("more: methods", "list-auth-methods", { filter: method }),
    call("more: new key", "reset-access-key", { name: method }),
    call("more: permissions", "describe-permissions", { path: name, type: "item" }),
    call("more: sub-claims", "describe-sub-claims"),
    call("more: delete rule", "delete-role-rule", { "role-name": role, path: `${folder}/*` }),
    call("more: delete role", "delete-role", { name: role }),
    call("more: delete method", "auth-method-delete", { name: method }),
    call("more: get no role", "get-role", { name: role }),
  ];
}

/** What both SDKs must make of the answers. */
export function sdkCallDemands(folder: string): [string, (transcript: SdkTranscript) => void][] {
  const name = `${folder}/more/item`;
  const step = (transcript: SdkTranscript, of: string): SdkStep => {
    const found = transcript[`more: ${of}`];
    assert(found, `the session has no step ${of}`);
    return found;
  };
  // biome-ignore lint/suspicious/noExplicitAny: replies have every shape
  const reply = (transcript: SdkTranscript, of: string): any => {
    const found = step(transcript, of);
    assert.equal(found.status, undefined, `${of}: ${JSON.stringify(found)}`);
    return found.reply;
  };
  const refused = (transcript: SdkTranscript, of: string, status: number, code: string) => {
    const found = step(transcript, of);
    assert.deepEqual([found.status, found.code], [status, code], of);
    assert.equal(typeof found.body?.error, "string", of);
  };
  return [
    [
      "versions: update, rollback and delete of one",
      (transcript) => {
        refused(transcript, "create not json", 400, "E_INPUT");
        assert.equal(reply(transcript, "rollback").version, 3);
        refused(transcript, "rollback to nothing", 404, "E_NOT_FOUND");
        assert.equal(reply(transcript, "get after rollback")[name], '{"a":1}');
        assert.equal(reply(transcript, "delete version").version_deleted, 2);
      },
    ],
    [
      "metadata: tags, description, protection and state",
      (transcript) => {
        assert.deepEqual(reply(transcript, "tags"), ["two"]);
        refused(transcript, "delete protected", 403, "E_DISABLED");
        refused(transcript, "get disabled", 403, "E_DISABLED");
        const item = reply(transcript, "describe");
        assert.deepEqual([item.item_metadata, item.is_enabled, item.last_version], ["told", true, 3]);
        assert.equal(item.delete_protection, false);
        assert.equal(item.item_versions.length, 3);
      },
    ],
    [
      "moves keep all versions, and a move of nothing is told",
      (transcript) => {
        assert.equal(reply(transcript, "get renamed")[`${folder}/moved/item`], '{"a":1}');
        reply(transcript, "move back");
        refused(transcript, "move nothing", 404, "E_NOT_FOUND");
        assert(reply(transcript, "list folder").folders.includes(`${folder}/more/`));
        assert.deepEqual(reply(transcript, "delete items").deleted_items, [name]);
        refused(transcript, "get deleted", 404, "E_NOT_FOUND");
      },
    ],
    [
      "the gateway tells of itself, never a fragment's value",
      (transcript) => {
        assert.equal(reply(transcript, "validate").is_valid, true);
        const [cluster] = reply(transcript, "gateways").clusters;
        assert.match(cluster.customer_fragment_ids[0], /^cf-/);
        assert.doesNotMatch(JSON.stringify(reply(transcript, "fragments")), /"value"/);
      },
    ],
    [
      "roles, rules, associations and auth methods",
      (transcript) => {
        assert.match(reply(transcript, "method").access_id, /^p-/);
        refused(transcript, "method twice", 409, "E_EXISTS");
        refused(transcript, "bad rule", 400, "E_PATH");
        assert.match(reply(transcript, "association").assoc_id, /./);
        const role = reply(transcript, "get role");
        assert.deepEqual(role.rules.path_rules[0].capabilities.toSorted(), ["list", "read"]);
        assert.deepEqual(role.role_auth_methods_assoc[0].auth_method_sub_claims, { ns: ["a", "b"] });
        assert.equal(reply(transcript, "roles").roles.length, 1);
        assert.equal(reply(transcript, "get method").auth_method_name, "/sdk-method");
        assert.equal(reply(transcript, "methods").auth_methods.length, 1);
        assert.match(reply(transcript, "new key").access_key, /^[\w+/]{43}=$/);
        assert(reply(transcript, "permissions").client_permissions.includes("read"));
        refused(transcript, "get no role", 404, "E_NOT_FOUND");
      },
    ],
  ];
}
