/** Auth methods that others vouch for, through the Akeyless-compatible API: Kubernetes service accounts and JWTs. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  IssuerDouble,
  newKey,
  serviceAccountClaims,
  sign,
  type TestKey,
} from "../../packages/gateway/src/auth/issuer.testing.ts";
import { type AkeylessClient, AkeylessError, createAkeylessClient } from "../support/akeyless-client.ts";
import { type Product, startProduct } from "../support/product.ts";

const audience = "halfkey-gateway";
const reviewer = "a-reviewers-token-that-nobody-may-read";

let product: Product;
let admin: AkeylessClient;
let stranger: AkeylessClient;
let issuer: IssuerDouble;
let key: TestKey;

before(async () => {
  [product, issuer, key] = await Promise.all([startProduct(), IssuerDouble.start(), newKey("k1")]);
  admin = createAkeylessClient(product.dev);
  issuer.publish(key);
  issuer.json("/.well-known/openid-configuration", {
    issuer: issuer.url,
    jwks_uri: `${issuer.url}/openid/v1/jwks`,
  });
  const made = await admin.call("create-auth-method", { name: "stranger" });
  stranger = createAkeylessClient({
    ...product.dev,
    accessId: String(made.access_id),
    accessKey: String(made.access_key),
  });
});
after(async () => {
  admin?.close();
  stranger?.close();
  await issuer?.stop();
  await product?.stop();
});

async function refusal(work: Promise<unknown>): Promise<{ status: number; code: string; body: string }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof AkeylessError) return { status: error.status, code: error.code, body: error.body };
    throw error;
  }
  return { status: 200, code: "", body: "" };
}

/** A Kubernetes method with a config; answers its access id. */
async function kubernetesMethod(name: string, bounds: object = {}, config: object = {}): Promise<string> {
  const { access_id: id } = await admin.call("auth-method-create-k8s", { name, audience, ...bounds });
  await admin.call("gateway-create-k8s-auth-config", {
    ...{ name, "access-id": id, "k8s-host": issuer.url, "signing-key": "unused", ...config },
  });
  return String(id);
}

const serviceAccount = (changes: object = {}) => sign(key, serviceAccountClaims(issuer.url, changes));

const logInAt = async (accessId: string, name: string, token?: string) =>
  admin.send("auth", {
    "access-type": "k8s",
    "access-id": accessId,
    "k8s-auth-config-name": name,
    "k8s-service-account-token": Buffer.from(token ?? (await serviceAccount())).toString("base64"),
  });

describe("a config of a cluster", () => {
  const get = async (name: string) => admin.call("gateway-get-k8s-auth-config", { name });

  test("is told without its secrets", async () => {
    const id = await kubernetesMethod("told", {}, { "token-reviewer-jwt": reviewer });
    const told = await get("told");
    assert.equal(told.auth_method_access_id, id);
    assert.equal(told.k8s_host, issuer.url);
    assert.equal(told.mode, "offline");
    assert.equal(told.has_token_reviewer_jwt, true);
    const all = await admin.call("gateway-get-config", {});
    for (const text of [JSON.stringify(told), JSON.stringify(all)]) assert(!text.includes(reviewer));
    assert(JSON.stringify(all).includes('"told"'));
  });

  test("is changed, renamed and deleted", async () => {
    const id = await kubernetesMethod("first");
    await logInAt(id, "first");
    await admin.call("gateway-update-k8s-auth-config", {
      name: "first",
      "new-name": "second",
      mode: "review",
    });
    assert.equal((await refusal(get("first"))).status, 404);
    assert.equal((await get("second")).mode, "review");
    await admin.call("gateway-update-k8s-auth-config", { name: "second", mode: "offline" });
    await logInAt(id, "second");
    await admin.call("gateway-delete-k8s-auth-config", { name: "second" });
    assert.equal((await refusal(logInAt(id, "second"))).code, "E_TOKEN");
    assert.equal((await refusal(get("second"))).status, 404);
  });

  test("does not send its reviewer's token to another address", async () => {
    await kubernetesMethod("moving", {}, { "token-reviewer-jwt": reviewer });
    const elsewhere = { name: "moving", "k8s-host": "https://elsewhere.example" };
    const { status, body } = await refusal(admin.call("gateway-update-k8s-auth-config", elsewhere));
    assert.equal(status, 400);
    assert.match(body, /token-reviewer-jwt must be given again/);
    await admin.call("gateway-update-k8s-auth-config", { ...elsewhere, "token-reviewer-jwt": "" });
    assert.equal((await get("moving")).has_token_reviewer_jwt, false);
  });

  test("needs a k8s method, a free name and an address that may be called", async () => {
    const id = await kubernetesMethod("taken");
    const create = (changes: object) =>
      refusal(
        admin.call("gateway-create-k8s-auth-config", {
          ...{ name: "new", "access-id": id, "k8s-host": issuer.url, ...changes },
        }),
      );
    assert.equal((await create({ name: "taken" })).code, "E_EXISTS");
    assert.equal((await create({ "access-id": product.dev.accessId })).code, "E_INPUT");
    assert.equal((await create({ "access-id": "p-none" })).code, "E_INPUT");
    assert.equal((await create({ "k8s-host": "https://169.254.169.254" })).code, "E_INPUT");
    assert.equal((await create({ "k8s-host": "http://10.0.0.1" })).code, "E_INPUT");
  });

  test("is an administrator's business", async () => {
    const commands: [string, object][] = [
      ["gateway-create-k8s-auth-config", { name: "x", "access-id": "p-x", "k8s-host": issuer.url }],
      ["gateway-update-k8s-auth-config", { name: "told" }],
      ["gateway-delete-k8s-auth-config", { name: "told" }],
      ["gateway-get-k8s-auth-config", { name: "told" }],
      ["gateway-get-config", {}],
      ["auth-method-create-k8s", { name: "x" }],
      ["create-auth-method-k8s", { name: "x" }],
      ["auth-method-update-k8s", { name: "told" }],
      [
        "auth-method-create-oauth2",
        { name: "x", issuer: "https://x", audience: "x", "unique-identifier": "sub" },
      ],
      [
        "create-auth-method-oidc",
        { name: "x", issuer: "https://x", audience: "x", "unique-identifier": "sub" },
      ],
      ["auth-method-update-oidc", { name: "told" }],
    ];
    for (const [command, body] of commands)
      assert.equal((await refusal(stranger.call(command, body))).code, "E_DENIED", command);
  });
});

describe("a method for service accounts", () => {
  test("ends the tokens it gave when its bounds change, and only then", async () => {
    const id = await kubernetesMethod("bounded");
    const { token } = await logInAt(id, "bounded");
    const isValid = async () => (await admin.send("validate-token", { token })).is_valid;
    await admin.call("auth-method-update-k8s", { name: "bounded", description: "the same bounds" });
    assert.equal(await isValid(), true);
    await admin.call("update-auth-method-k8s", { name: "bounded", "bound-namespaces": ["gitlab"] });
    assert.equal(await isValid(), false);
    assert.match((await refusal(logInAt(id, "bounded"))).body, /bound-namespaces/);
  });

  test("takes names as Kubernetes has them, and no patterns", async () => {
    for (const name of ["*", "joplin*", "Joplin", "a/b", "a b"]) {
      const create = admin.call("auth-method-create-k8s", { name: "odd", "bound-namespaces": [name] });
      assert.equal((await refusal(create)).code, "E_INPUT", name);
    }
  });

  test("does not serve another method's config, nor another type of login", async () => {
    const id = await kubernetesMethod("own");
    assert.equal((await refusal(logInAt(id, "told"))).code, "E_TOKEN");
    const asJwt = { "access-type": "jwt", "access-id": id, jwt: await serviceAccount() };
    assert.equal((await refusal(admin.send("auth", asJwt))).code, "E_TOKEN");
    assert.equal((await refusal(logInAt(product.dev.accessId, "own"))).code, "E_TOKEN");
  });

  test("keeps telling why, however often one namespace is refused", async () => {
    const id = await kubernetesMethod("patient", { "bound-namespaces": ["gitlab"] });
    for (let count = 0; count < 30; count += 1)
      assert.match((await refusal(logInAt(id, "patient"))).body, /bound-namespaces/);
  });
});

describe("a method for JWTs", () => {
  const claims = (changes: object = {}) => ({
    ...{ iss: issuer.url, aud: "halfkey", sub: "pipeline-7", project: "dns" },
    exp: Math.floor(Date.now() / 1000) + 300,
    ...changes,
  });
  const logIn = async (accessId: string, type: string, changes: object = {}) =>
    admin.send("auth", { "access-type": type, "access-id": accessId, jwt: await sign(key, claims(changes)) });

  test("opens paths by what a token claims", async () => {
    const made = await admin.call("auth-method-create-oauth2", {
      ...{ name: "ci", issuer: issuer.url, audience: "halfkey", "unique-identifier": "sub" },
      "jwks-uri": `${issuer.url}/openid/v1/jwks`,
    });
    await admin.call("create-role", { name: "ci" });
    const rule = { "role-name": "ci", path: "/mdapi/{{project}}/*", capability: ["read"] };
    await admin.call("set-role-rule", rule);
    await admin.call("assoc-role-am", {
      "role-name": "ci",
      "am-name": "ci",
      "sub-claims": { project: "dns,web" },
    });
    for (const name of ["/mdapi/dns/key", "/mdapi/web/key", "/mdapi/bank/key"])
      await admin.call("create-secret", { name, value: name });
    const { token } = await logIn(String(made.access_id), "jwt");
    const read = (name: string, by = token) => admin.send("get-secret-value", { names: [name], token: by });
    assert.deepEqual(await read("/mdapi/dns/key"), { "/mdapi/dns/key": "/mdapi/dns/key" });
    assert.equal((await refusal(read("/mdapi/web/key"))).code, "E_DENIED");
    // A claim that the association does not name opens nothing, although the template would fit.
    const bank = await logIn(String(made.access_id), "jwt", { project: "bank" });
    assert.equal((await refusal(read("/mdapi/bank/key", bank.token))).code, "E_DENIED");
  });

  test("of an OIDC issuer finds the keys by discovery", async () => {
    const made = await admin.call("create-auth-method-oidc", {
      ...{ name: "people", issuer: issuer.url, "client-id": "halfkey", "unique-identifier": "sub" },
    });
    const id = String(made.access_id);
    assert.match(String((await logIn(id, "oidc")).token), /^t-/);
    assert.match(
      (await refusal(logIn(id, "oidc", { aud: "console" }))).body,
      /another audience than halfkey/,
    );
    await admin.call("auth-method-update-oidc", { name: "people", "bound-claims": { project: "web" } });
    assert.match((await refusal(logIn(id, "oidc"))).body, /claim project/);
  });

  test("wants to know for whom tokens are", async () => {
    const create = admin.call("auth-method-create-oauth2", {
      ...{ name: "anybody", issuer: issuer.url, "unique-identifier": "sub" },
    });
    assert.match((await refusal(create)).body, /audience must be given/);
  });
});
