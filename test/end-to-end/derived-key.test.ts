/** Local opening: the derived key and the envelope, explanations, and revocation, against the real product. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { after, before, describe, test } from "node:test";
import { openBlob } from "@halfkey/crypto";
import { type AkeylessClient, AkeylessError, createAkeylessClient } from "../support/akeyless-client.ts";
import { type Product, startProduct } from "../support/product.ts";
import { runCli } from "../support/run-cli.ts";

let product: Product;
let admin: AkeylessClient;
let token: string;
let limited: AkeylessClient;
let limitedToken: string;
const path = "/mdapi/joplin/tsig-secret/key";

before(async () => {
  product = await startProduct();
  const { akeylessUrl, caFile, accessId, accessKey } = product.dev;
  admin = createAkeylessClient({ akeylessUrl, caFile, accessId, accessKey });
  token = String((await admin.send("auth", { "access-id": accessId, "access-key": accessKey })).token);
  await admin.call("create-secret", { name: path, value: "first" });
  await admin.call("update-secret-val", { name: path, value: "second" });
  await admin.call("create-secret", { name: "/mdapi/gitlab/api-token", value: "other" });
  const made = await admin.call("create-auth-method", { name: "limited" });
  await admin.call("create-role", { name: "limited" });
  await admin.call("set-role-rule", {
    "role-name": "limited",
    path: "/mdapi/joplin/*",
    capability: ["read"],
  });
  await admin.call("assoc-role-am", { "role-name": "limited", "am-name": "limited" });
  const credentials = { accessId: String(made.access_id), accessKey: String(made.access_key) };
  limited = createAkeylessClient({ akeylessUrl, caFile, ...credentials });
  limitedToken = String(
    (await limited.send("auth", { "access-id": credentials.accessId, "access-key": credentials.accessKey }))
      .token,
  );
});
after(async () => {
  admin.close();
  limited.close();
  await product.stop();
});

interface Answer {
  status: number;
  code: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into every shape
  body: any;
}

function post(target: string, body: object, bearer?: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = {
    "content-type": "application/json",
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
  };
  const outgoing = request(
    new URL(target, product.dev.gatewayUrl),
    { method: "POST", headers, ca: readFileSync(product.dev.caFile) },
    (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          code: String(response.headers["halfkey-code"] ?? ""),
          body: JSON.parse(text),
        }),
      );
    },
  );
  outgoing.on("error", reject);
  outgoing.end(JSON.stringify(body));
  return promise;
}

async function openLocally(version: number): Promise<string> {
  const key = await post("/api/derived-key", { path, version }, token);
  const envelope = await post("/halfkey/v1/envelope", { path, version, token });
  assert.equal(key.body.version, envelope.body.version);
  const { blob, len, sha } = envelope.body;
  const dataKey = Buffer.from(key.body.derived_key, "base64");
  return openBlob(dataKey, Buffer.from(blob, "base64url"), len, Buffer.from(sha, "base64url")).toString();
}

describe("local opening", () => {
  test("key and envelope of a version open to its value", async () => {
    assert.equal(await openLocally(0), "second");
    assert.equal(await openLocally(1), "first");
  });

  test("halfkey get --local prints the same as halfkey get", async () => {
    const env = { HALFKEY_DATA: product.dataDir };
    for (const version of ["1", "2"]) {
      const local = await runCli(["get", path, "--local", "--version", version], { env });
      const plain = await runCli(["get", path, "--version", version], { env });
      assert.equal(local.exitCode, 0, local.stderr);
      assert.deepEqual(local.stdout, plain.stdout);
    }
  });

  test("25: the key of one version opens no other", async () => {
    const key = await post("/api/derived-key", { path, version: 1 }, token);
    const { body } = await post("/halfkey/v1/envelope", { path, version: 2, token });
    assert.throws(
      () =>
        openBlob(
          Buffer.from(key.body.derived_key, "base64"),
          Buffer.from(body.blob, "base64url"),
          body.len,
          Buffer.from(body.sha, "base64url"),
        ),
      /./,
    );
  });

  for (const mount of ["/api/derived-key", "/akeyless-api/api/derived-key", "/akeyless-api/derived-key"]) {
    test(`is served at ${mount}, with the token in header or body`, async () => {
      assert.equal((await post(mount, { path }, token)).status, 200);
      assert.equal((await post(mount, { path, token })).status, 200);
    });
  }

  test("the Akeyless shape gives the same key", async () => {
    const own = await post("/api/derived-key", { path, version: 2 }, token);
    const creds = {
      customer_fragment_id: "cf-x",
      credential: "not-our-authority",
      item_version: 2,
      item_size: 32,
    };
    const byName = await post("/api/derived-key", { derivation_creds: creds, key_name: path }, token);
    const dd = Buffer.from(path).toString("base64");
    const byData = await post(
      "/api/derived-key",
      { derivation_creds: { ...creds, restricted_dd: dd }, key_name: "" },
      token,
    );
    assert.equal(byName.body.derived_key, own.body.derived_key);
    assert.equal(byData.body.derived_key, own.body.derived_key);
    const both = await post(
      "/api/derived-key",
      { derivation_creds: { ...creds, restricted_dd: dd }, key_name: "/mdapi/gitlab/api-token" },
      token,
    );
    assert.equal(both.code, "E_FORMAT");
  });

  test("52: is scoped to the path, and does not tell what exists", async () => {
    assert.equal((await post("/api/derived-key", { path }, limitedToken)).status, 200);
    const present = await post("/api/derived-key", { path: "/mdapi/gitlab/api-token" }, limitedToken);
    const absent = await post("/api/derived-key", { path: "/mdapi/gitlab/absent" }, limitedToken);
    assert.equal(present.status, 401);
    assert.deepEqual(present, absent);
    const envelope = await post("/halfkey/v1/envelope", {
      path: "/mdapi/gitlab/api-token",
      token: limitedToken,
    });
    assert.equal(envelope.status, 401);
    assert.equal(
      (await post("/api/derived-key", { path: "/mdapi/joplin/absent" }, limitedToken)).code,
      "E_NOT_FOUND",
    );
  });

  test("its failures have causes that can be told apart", async () => {
    assert.equal((await post("/api/derived-key", { path })).code, "E_TOKEN");
    assert.equal((await post("/api/derived-key", {}, token)).code, "E_INPUT");
    assert.equal((await post("/api/derived-key", { path: "/a//b" }, token)).code, "E_PATH");
    assert.equal((await post("/api/derived-keys", { path }, token)).code, "E_ROUTE");
    await product.kill("vault");
    assert.equal((await post("/api/derived-key", { path }, token)).code, "E_VAULT");
    await product.startHalf("vault");
    assert.equal((await post("/api/derived-key", { path }, token)).status, 200);
  });
});

describe("explain", () => {
  test("names the rule that decides", async () => {
    const { body } = await post("/halfkey/v1/explain", { path, token: limitedToken });
    assert.equal(body.decisions.read.allowed, true);
    assert.deepEqual(body.decisions.read.rule, {
      role: "limited",
      pattern: "/mdapi/joplin/*",
      capabilities: ["read"],
    });
    assert.equal(body.decisions.delete.allowed, false);
    assert.match(body.decisions.delete.reason, /nothing is allowed by default/);
  });

  test("about others only for admins", async () => {
    const as = product.dev.accessId;
    assert.equal((await post("/halfkey/v1/explain", { path, as, token: limitedToken })).status, 401);
    const { body } = await post("/halfkey/v1/explain", { path: "/mdapi/gitlab/x", as, token });
    assert.equal(body.decisions.read.rule.role, "everything");
  });

  test("and the reverse: who can read this", async () => {
    const { body } = await post("/halfkey/v1/who-can", { path, capability: "read", token });
    assert.deepEqual(
      new Set(body.clients.map(({ role }: { role: string }) => role)),
      new Set(["limited", "everything"]),
    );
    const elsewhere = await post("/halfkey/v1/who-can", { path: "/mdapi/gitlab/x", token });
    assert.deepEqual(
      elsewhere.body.clients.map(({ role }: { role: string }) => role),
      ["everything"],
    );
  });
});

describe("revocation", () => {
  const refused = async (work: Promise<unknown>) => {
    await assert.rejects(
      work,
      (error) => error instanceof AkeylessError && error.status === 401 && error.code === "E_TOKEN",
    );
  };

  test("a caller ends his own token, and only it", async () => {
    const { accessId, accessKey } = product.dev;
    const credentials = { "access-id": accessId, "access-key": accessKey };
    const one = String((await admin.send("auth", credentials)).token);
    const other = String((await admin.send("auth", credentials)).token);
    await admin.send("revoke-creds", { token: one });
    await refused(admin.send("get-secret-value", { names: [path], token: one }));
    await admin.send("get-secret-value", { names: [path], token: other });
  });

  test("an admin ends all tokens of a method; others may not", async () => {
    const { "access-id": _, ...rest } = { "access-id": "", token: limitedToken };
    assert.equal(
      (await post("/halfkey/v1/revoke", { ...rest, "access-id": product.dev.accessId })).status,
      401,
    );
    const { auth_method_access_id: accessId } = await admin.call("get-auth-method", { name: "limited" });
    await limited.send("get-secret-value", { names: [path], token: limitedToken });
    assert.equal((await post("/halfkey/v1/revoke", { token, "access-id": accessId })).status, 200);
    await refused(limited.send("get-secret-value", { names: [path], token: limitedToken }));
  });

  test("all tokens end at once", async () => {
    assert.equal((await post("/halfkey/v1/revoke", { token, all: true })).status, 200);
    await refused(admin.send("get-secret-value", { names: [path], token }));
  });
});
