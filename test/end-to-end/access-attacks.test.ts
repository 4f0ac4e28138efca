/**
 * A caller with a valid token of few rights against everything that could give more, or tell what exists. Cases are
 * named by their number in docs/threat-model.md's list of attacks where one fits.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { after, before, describe, test } from "node:test";
import { type Product, startProduct } from "../support/product.ts";

interface Answer {
  status: number;
  code: string;
  body: string;
}

const own = "/mdapi/joplin/db/password";
const foreign = "/mdapi/gitlab/api-token";
const absent = "/mdapi/gitlab/no-such-one";

let product: Product;
let agent: Agent;
let admin: Person;
/** May read its own namespace. */
let joplin: Person;
/** May do everything in its own namespace. */
let owner: Person;

/** Somebody with credentials, and a token of them. */
class Person {
  readonly accessId: string;
  readonly accessKey: string;
  token = "";

  constructor({ accessId, accessKey }: { accessId: string; accessKey: string }) {
    this.accessId = accessId;
    this.accessKey = accessKey;
  }

  async logIn(): Promise<string> {
    const credentials = { "access-id": this.accessId, "access-key": this.accessKey };
    const { body } = await post("/akeyless-api/v2/auth", credentials);
    return (JSON.parse(body) as { token: string }).token;
  }

  /** Whatever the answer is. `command` may be one of ours: `halfkey/v1/…`. */
  async ask(command: string, body: object): Promise<Answer> {
    if (this.token === "") this.token = await this.logIn();
    const path = command.startsWith("halfkey/") ? `/${command}` : `/akeyless-api/v2/${command}`;
    return post(path, { ...body, token: this.token });
  }

  // biome-ignore lint/suspicious/noExplicitAny: a test looks into every shape
  async call(command: string, body: object): Promise<any> {
    const answer = await this.ask(command, body);
    assert.equal(Math.trunc(answer.status / 100), 2, `${command}: ${answer.status} ${answer.body}`);
    return JSON.parse(answer.body);
  }
}

function post(path: string, body: object): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const outgoing = request(
    new URL(path, product.dev.gatewayUrl),
    { method: "POST", agent, headers: { "content-type": "application/json" } },
    (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          code: String(response.headers["halfkey-code"] ?? ""),
          body: text,
        }),
      );
    },
  );
  outgoing.on("error", reject);
  outgoing.end(JSON.stringify(body));
  return promise;
}

type Rule = [path: string, ...capabilities: string[]];

/** A new caller with a role of its own, which has these rules. */
async function personWith(name: string, ...rules: Rule[]): Promise<Person> {
  const made = await admin.call("create-auth-method", { name });
  await admin.call("create-role", { name });
  for (const [path, ...capability] of rules)
    await admin.call("set-role-rule", { "role-name": name, path, capability });
  await admin.call("assoc-role-am", { "role-name": name, "am-name": name });
  return new Person({ accessId: made.access_id, accessKey: made.access_key });
}

before(async () => {
  product = await startProduct();
  agent = new Agent({ ca: readFileSync(product.dev.caFile), keepAlive: true });
  admin = new Person(product.dev);
  for (const name of [own, foreign, "/mdapi/gitlab/deep/er/key"])
    await admin.call("create-secret", { name, value: `value of ${name}`, tags: ["shared-tag"] });
  joplin = await personWith("joplin", ["/mdapi/joplin/*", "read"]);
  owner = await personWith("owner", ["/mdapi/joplin/*", "read", "create", "update", "delete"]);
});
after(async () => {
  agent.destroy();
  await product.stop();
});

/** An answer without what the caller himself has sent. */
function blank({ status, code, body }: Answer, ...names: string[]): Answer {
  return { status, code, body: names.reduce((text, name) => text.replaceAll(name, "<name>"), body) };
}

describe("34, 35: another namespace's item, by every command that takes a name", () => {
  const commands: [string, (name: string) => object][] = [
    ["get-secret-value", (name) => ({ names: [name] })],
    ["get-secret-value", (name) => ({ names: [own, name] })],
    ["get-secret-value", (name) => ({ names: [name], version: 1 })],
    ["get-secret-value", (name) => ({ names: [name], version: 7 })],
    ["describe-item", (name) => ({ name })],
    ["describe-item", (name) => ({ name, "show-versions": true })],
    ["get-tags", (name) => ({ name })],
    ["create-secret", (name) => ({ name, value: "x" })],
    ["update-secret-val", (name) => ({ name, value: "x" })],
    ["update-secret-val", (name) => ({ name, value: "x", "last-version": 5 })],
    ["rollback-secret", (name) => ({ name, "old-version": 1 })],
    ["set-item-state", (name) => ({ name, "desired-state": "Disabled" })],
    ["update-item", (name) => ({ name, description: "x" })],
    ["update-item", (name) => ({ name, "new-name": "/mdapi/joplin/stolen" })],
    ["update-item", (name) => ({ name: own, "new-name": name })],
    ["delete-item", (name) => ({ name })],
    ["delete-item", (name) => ({ name, version: 1 })],
    ["delete-items", (name) => ({ item: [name] })],
    ["move-objects", (name) => ({ source: name, target: "/mdapi/joplin/stolen" })],
    ["move-objects", (name) => ({ source: own, target: name })],
    ["api/derived-key", (path) => ({ path })],
    ["api/derived-key", (key_name) => ({ key_name, derivation_creds: {} })],
    [
      "api/derived-key",
      (path) => ({ derivation_creds: { restricted_dd: Buffer.from(path).toString("base64") } }),
    ],
    ["halfkey/v1/envelope", (path) => ({ path })],
    ["halfkey/v1/undelete", (name) => ({ name })],
    ["halfkey/v1/trash", (path) => ({ path })],
    ["halfkey/v1/explain", (path) => ({ path })],
    ["halfkey/v1/who-can", (path) => ({ path })],
    ["describe-permissions", (path) => ({ path, type: "item" })],
    ["list-items", (path) => ({ path })],
    ["list-items", (filter) => ({ filter })],
    ["delete-items", (path) => ({ path })],
    ["move-objects", (name) => ({ source: `${name}/`, target: "/mdapi/joplin/stolen" })],
  ];
  for (const who of ["joplin", "owner"] as const) {
    for (const [command, bodyFor] of commands) {
      test(`${who}: ${command} ${JSON.stringify(bodyFor("<name>"))}`, async () => {
        const caller = who === "joplin" ? joplin : owner;
        const ask = (name: string) =>
          command.startsWith("api/")
            ? caller.logIn().then((token) => post(`/${command}`, { ...bodyFor(name), token }))
            : caller.ask(command, bodyFor(name));
        const there = blank(await ask(foreign), foreign);
        const nowhere = blank(await ask(absent), absent);
        assert.deepEqual(there, nowhere);
        assert(!there.body.includes("value of"), there.body);
      });
    }
  }

  test("none of it has changed anything", async () => {
    const item = await admin.call("describe-item", { name: foreign });
    assert.deepEqual(
      [item.last_version, item.is_enabled, item.item_metadata, item.delete_protection],
      [1, true, "", false],
    );
    assert.equal((await admin.call("describe-item", { name: own })).last_version, 1);
    assert.deepEqual(await admin.call("get-secret-value", { names: [foreign] }), {
      [foreign]: `value of ${foreign}`,
    });
  });
});

describe("34: numbers of another namespace's items", () => {
  test("an item's number tells nothing, whether it exists or not", async () => {
    const { item_id: id, display_id: shown } = await admin.call("describe-item", { name: foreign });
    const there = await joplin.ask("describe-item", { "item-id": id });
    assert.equal(there.status, 401);
    assert.deepEqual(there, await joplin.ask("describe-item", { "item-id": id + 1 }));
    assert.deepEqual(there, await joplin.ask("describe-item", { "display-id": shown }));
    assert.deepEqual(there, await joplin.ask("describe-item", { "display-id": "aaaaaaaaab" }));
  });

  test("another's token cannot be ended", async () => {
    const { tid } = tokenParts(await owner.logIn());
    assert.equal((await joplin.ask("halfkey/v1/revoke", { "token-id": tid })).code, "E_DENIED");
    assert.equal((await joplin.ask("halfkey/v1/revoke", { "access-id": owner.accessId })).code, "E_DENIED");
    assert.equal((await joplin.ask("halfkey/v1/revoke", { all: true })).code, "E_DENIED");
  });
});

function tokenParts(token: string): { tid: string } {
  return { tid: Buffer.from(token.slice(2), "base64url").subarray(1, 17).toString("hex") };
}

describe("41: lists tell only what their caller may list", () => {
  const asked: [string, object][] = [
    ["everything", {}],
    ["by filter", { filter: "gitlab" }],
    ["by tag", { tag: "shared-tag" }],
    ["by folder", { path: "/mdapi/gitlab" }],
    ["the parent's folders", { path: "/mdapi", "current-folder": true }],
    ["page by page", { "auto-pagination": "disabled" }],
    [
      "from another's place",
      {
        "auto-pagination": "disabled",
        "pagination-token": Buffer.from(JSON.stringify({ i: "/mdapi/gitlab/a" })).toString("base64"),
      },
    ],
  ];
  for (const [what, body] of asked) {
    test(what, async () => {
      const listed = await joplin.ask("list-items", body);
      assert.equal(listed.status, 200);
      assert(!listed.body.includes("gitlab"), listed.body);
    });
  }
});

describe("37: what was ended stays ended", () => {
  test("a revoked token does not come back when an operator revokes many more", async () => {
    const victim = await personWith("victim", ["/mdapi/joplin/*", "read"]);
    const token = await victim.logIn();
    await admin.call("halfkey/v1/revoke", { "token-id": tokenParts(token).tid });
    for (let at = 0; at < 110; at += 1)
      await admin.call("halfkey/v1/revoke", { "token-id": at.toString(16).padStart(32, "0") });
    const answer = await post("/akeyless-api/v2/get-secret-value", { names: [own], token });
    assert.equal(answer.code, "E_TOKEN");
    await admin.call("describe-item", { name: own });
  });

  test("49: ending one's own tokens is no way to fill the journal", async () => {
    const busy = await personWith("busy", ["/mdapi/joplin/*", "read"]);
    const codes: string[] = [];
    for (let at = 0; at < 62; at += 1) {
      const token = await busy.logIn();
      codes.push((await post("/akeyless-api/v2/revoke-creds", { token })).code);
    }
    assert.equal(codes.filter((code) => code === "").length, 60);
    assert.equal(codes.at(-1), "E_RATE");
  });

  test("a role taken away counts for the next request, with the same token", async () => {
    const leaver = await personWith("leaver", ["/mdapi/gitlab/*", "read"]);
    await leaver.call("get-secret-value", { names: [foreign] });
    const role = await admin.call("get-role", { name: "leaver" });
    await admin.call("delete-assoc", { "assoc-id": role.role_auth_methods_assoc[0].assoc_id });
    assert.equal((await leaver.ask("get-secret-value", { names: [foreign] })).code, "E_DENIED");
  });

  test("an association without claims gives nothing once its method asks for them", async () => {
    const forced = await personWith("forced", ["/mdapi/gitlab/*", "read"]);
    const role = await admin.call("get-role", { name: "forced" });
    const id = role.role_auth_methods_assoc[0].assoc_id;
    await forced.call("get-secret-value", { names: [foreign] });
    await admin.call("update-auth-method", { name: "forced", "force-sub-claims": true });
    assert.equal((await forced.ask("get-secret-value", { names: [foreign] })).code, "E_DENIED");
    assert.equal((await admin.ask("update-assoc", { "assoc-id": id, "sub-claims": {} })).code, "E_INPUT");
    await admin.call("update-assoc", { "assoc-id": id, "sub-claims": { team: "ops" } });
    assert.equal((await forced.ask("get-secret-value", { names: [foreign] })).code, "E_DENIED");
  });
});

describe("38: rights over policy are none over values, and rights over values none over policy", () => {
  const commands: [string, object][] = [
    ["create-role", { name: "mine" }],
    ["set-role-rule", { "role-name": "owner", path: "/*", capability: ["read"] }],
    ["assoc-role-am", { "role-name": "everything", "am-name": "owner" }],
    ["update-role", { name: "owner", "new-name": "admin" }],
    ["reset-access-key", { name: "owner" }],
    ["update-auth-method", { name: "owner", "jwt-ttl": 525_600 }],
    ["create-auth-method", { name: "mine" }],
    ["gateway-get-config", {}],
    ["halfkey/v1/explain", { path: foreign, as: "p-x" }],
    ["halfkey/v1/explain", { path: foreign, claims: { team: "ops" } }],
    ["halfkey/v1/who-can", { path: own }],
    ["halfkey/v1/audit/search", {}],
    ["halfkey/v1/audit/tail", { after: "1:0" }],
    ["halfkey/v1/audit/verify", {}],
    ["halfkey/v1/head-show", {}],
    ["halfkey/v1/head-accept", { seq: 1, hash: "00".repeat(32) }],
    ["halfkey/v1/head-push", {}],
  ];
  for (const [command, body] of commands) {
    test(`${command} ${JSON.stringify(body)}`, async () => {
      const answer = await owner.ask(command, body);
      assert.deepEqual([answer.status, answer.code], [401, "E_DENIED"], answer.body);
    });
  }
});

describe("39: what is refused leaves nothing behind", () => {
  test("a rename that is denied changes no description either", async () => {
    const editor = await personWith("editor", ["/mdapi/joplin/*", "read", "update"]);
    const body = { name: own, description: "changed", "new-name": "/mdapi/joplin/other" };
    assert.equal((await editor.ask("update-item", body)).code, "E_DENIED");
    const taken = { ...body, "new-name": "/mdapi/joplin/taken" };
    await owner.call("create-secret", { name: taken["new-name"], value: "x" });
    assert.equal((await owner.ask("update-item", taken)).code, "E_EXISTS");
    assert.equal((await admin.call("describe-item", { name: own })).item_metadata, "");
    await owner.call("update-item", { ...body, "add-tag": ["new"] });
    const moved = await owner.call("describe-item", { name: "/mdapi/joplin/other" });
    assert.deepEqual([moved.item_metadata, moved.item_tags], ["changed", ["shared-tag", "new"]]);
    await owner.call("update-item", { name: "/mdapi/joplin/other", "new-name": own });
  });

  test("a folder of which a part is hidden is moved without that part", async () => {
    const mover = await personWith(
      "mover",
      ["/mdapi/mixed/*", "read", "create", "update", "delete"],
      ["/mdapi/mixed/hidden/*", "deny"],
    );
    for (const name of ["/mdapi/mixed/seen/a", "/mdapi/mixed/hidden/b"])
      await admin.call("create-secret", { name, value: "x" });
    await mover.call("move-objects", { source: "/mdapi/mixed/seen", target: "/mdapi/mixed/away" });
    assert.equal(
      (await mover.ask("move-objects", { source: "/mdapi/mixed/away", target: "/mdapi/mixed/hidden" })).code,
      "E_DENIED",
    );
    const ofFolder = async (source: string) =>
      blank(await mover.ask("move-objects", { source, target: "/mdapi/mixed/z" }), source);
    assert.deepEqual(await ofFolder("/mdapi/mixed/hidden"), await ofFolder("/mdapi/mixed/never"));
    assert.deepEqual(await ofFolder("/mdapi/mixed/hidden/b"), await ofFolder("/mdapi/mixed/hidden/c"));
    await admin.call("describe-item", { name: "/mdapi/mixed/hidden/b" });
  });
});

describe("16: memory and time of a caller who is in", () => {
  test("values of one request are bounded, and a name asked often is read once", async () => {
    const value = "x".repeat(1024 * 1024);
    const names = Array.from({ length: 17 }, (_, at) => `/mdapi/joplin/big/${at}`);
    for (const name of names) await owner.call("create-secret", { name, value });
    const repeated = Array.from({ length: 256 }, () => names[0]);
    const answer = await joplin.ask("get-secret-value", { names: repeated });
    assert.equal(answer.status, 200);
    assert.equal(answer.body.length, JSON.stringify({ [names[0] ?? ""]: value }).length);
    const all = await joplin.ask("get-secret-value", { names });
    assert.deepEqual([all.status, all.code], [413, "E_TOO_LARGE"]);
    assert.equal((await joplin.ask("get-secret-value", { names: [...names, absent] })).code, "E_TOO_LARGE");
    const spellings = { names: [own, own.slice(1), own] };
    assert.deepEqual(Object.keys(await joplin.call("get-secret-value", spellings)), [own, own.slice(1)]);
  });

  test("a value that nests a million times is refused before it is parsed", async () => {
    const value = `${"[".repeat(500_000)}${"]".repeat(500_000)}`;
    const answer = await owner.ask("create-secret", { name: "/mdapi/joplin/deep", value, format: "json" });
    assert.equal(answer.code, "E_INPUT");
    assert.match(answer.body, /nests deeper/);
    await owner.call("create-secret", { name: "/mdapi/joplin/json", value: '{"a":[{}]}', format: "json" });
  });
});
