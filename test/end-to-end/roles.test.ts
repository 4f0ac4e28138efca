/** Who may read what: roles, rules, associations and sub-claims through the Akeyless-compatible API. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type AkeylessClient, AkeylessError, createAkeylessClient } from "../support/akeyless-client.ts";
import { type Product, startProduct } from "../support/product.ts";

let product: Product;
let admin: AkeylessClient;
const clients: AkeylessClient[] = [];

before(async () => {
  product = await startProduct();
  admin = client(product.dev);
  for (const path of ["/mdapi/joplin/db/password", "/mdapi/joplin2/db/password", "/mdapi/gitlab/api-token"]) {
    await admin.call("create-secret", { name: path, value: `value of ${path}` });
  }
});
after(async () => {
  for (const one of clients) one.close();
  await product.stop();
});

function client(credentials: { accessId: string; accessKey: string }): AkeylessClient {
  const { akeylessUrl, caFile } = product.dev;
  const { accessId, accessKey } = credentials;
  const made = createAkeylessClient({ akeylessUrl, caFile, accessId, accessKey });
  clients.push(made);
  return made;
}

/** A new caller with a role of its own, which has these rules. */
async function callerWith(
  name: string,
  rules: { path: string; capability: string[] }[],
): Promise<AkeylessClient> {
  const made = await admin.call("create-auth-method", { name });
  await admin.call("create-role", { name });
  for (const rule of rules) await admin.call("set-role-rule", { "role-name": name, ...rule });
  await admin.call("assoc-role-am", { "role-name": name, "am-name": name });
  return client({ accessId: String(made.access_id), accessKey: String(made.access_key) });
}

async function refusalOf(work: Promise<unknown>): Promise<{ status: number; code: string; body: string }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof AkeylessError) return { status: error.status, code: error.code, body: error.body };
    throw error;
  }
  return { status: 200, code: "", body: "" };
}

const read = (who: AkeylessClient, name: string) => who.call("get-secret-value", { names: [name] });

describe("a caller scoped to one namespace", () => {
  let joplin: AkeylessClient;
  before(async () => {
    joplin = await callerWith("joplin-reader", [{ path: "/mdapi/joplin/*", capability: ["read"] }]);
  });

  test("reads what is there", async () => {
    assert.deepEqual(await read(joplin, "/mdapi/joplin/db/password"), {
      "/mdapi/joplin/db/password": "value of /mdapi/joplin/db/password",
    });
  });

  test("is refused elsewhere, in the same words whether or not it exists", async () => {
    const present = await refusalOf(read(joplin, "/mdapi/gitlab/api-token"));
    const absent = await refusalOf(read(joplin, "/mdapi/gitlab/no-such-thing"));
    assert.equal(present.status, 401);
    assert.deepEqual(present, absent);
    const described = [
      await refusalOf(joplin.call("describe-item", { name: "/mdapi/gitlab/api-token" })),
      await refusalOf(joplin.call("describe-item", { name: "/mdapi/gitlab/no-such-thing" })),
    ];
    assert.equal(described[0]?.status, 401);
    assert.deepEqual(described[0], described[1]);
    assert.equal((await refusalOf(read(joplin, "/mdapi/joplin2/db/password"))).status, 401);
  });

  test("learns that something of its own is absent", async () => {
    assert.equal(
      (await refusalOf(joplin.call("describe-item", { name: "/mdapi/joplin/absent" }))).status,
      404,
    );
  });

  test("is not told about a denied name by reading it with others", async () => {
    const mixed = (name: string) =>
      refusalOf(
        joplin.call("get-secret-value", {
          names: ["/mdapi/joplin/db/password", name, "/mdapi/joplin/absent"],
        }),
      );
    assert.deepEqual(await mixed("/mdapi/gitlab/api-token"), await mixed("/mdapi/gitlab/absent"));
  });

  test("lists only its own", async () => {
    const { items } = (await joplin.call("list-items", { "minimal-view": true })) as {
      items: { item_name: string }[];
    };
    assert.deepEqual(
      items.map(({ item_name }) => item_name),
      ["/mdapi/joplin/db/password"],
    );
  });

  test("writes, deletes and moves nothing", async () => {
    const name = "/mdapi/joplin/db/password";
    for (const [command, body] of [
      ["update-secret-val", { name, value: "x" }],
      ["create-secret", { name: "/mdapi/joplin/new", value: "x" }],
      ["delete-item", { name }],
      ["rollback-secret", { name, "old-version": 1 }],
      ["update-item", { name, "add-tag": ["x"] }],
      ["update-item", { name, "new-name": "/mdapi/joplin/other" }],
      ["move-objects", { source: "/mdapi/joplin", target: "/elsewhere" }],
      ["set-item-state", { name, "desired-state": "Disabled" }],
    ] as const) {
      assert.equal((await refusalOf(joplin.call(command, body))).status, 401, command);
    }
    assert.equal((await admin.call("describe-item", { name })).last_version, 1);
  });

  test("manages nothing", async () => {
    for (const [command, body] of [
      ["create-role", { name: "x" }],
      ["set-role-rule", { "role-name": "joplin-reader", path: "/*", capability: ["read"] }],
      ["get-role", { name: "joplin-reader" }],
      ["list-roles", {}],
      ["create-auth-method", { name: "x" }],
      ["list-auth-methods", {}],
      ["delete-auth-method", { name: "joplin-reader" }],
      ["reset-access-key", { name: "joplin-reader" }],
    ] as const) {
      const refusal = await refusalOf(joplin.call(command, body));
      assert.deepEqual([refusal.status, refusal.code], [401, "E_DENIED"], command);
    }
  });

  test("knows its own permissions", async () => {
    const told = await joplin.call("describe-permissions", { path: "/mdapi/joplin/x", type: "item" });
    assert.deepEqual(told, { client_permissions: ["read", "list"] });
    const none = await joplin.call("describe-permissions", { path: "/mdapi/gitlab/x", type: "item" });
    assert.deepEqual(none, { client_permissions: [] });
  });
});

test("deny wins over every allow, for every operation and spelling", async () => {
  const caller = await callerWith("denied-part", [
    { path: "/mdapi/*", capability: ["read", "update", "delete", "create", "list"] },
    { path: "/mdapi/gitlab/*", capability: ["deny"] },
  ]);
  for (const name of ["/mdapi/gitlab/api-token", "mdapi/gitlab/api-token"]) {
    assert.equal((await refusalOf(read(caller, name))).status, 401);
    assert.equal((await refusalOf(caller.call("delete-item", { name }))).status, 401);
  }
  assert.equal(
    (
      await refusalOf(
        caller.call("update-item", { name: "/mdapi/joplin/db/password", "new-name": "/mdapi/gitlab/moved" }),
      )
    ).status,
    401,
  );
  await read(caller, "/mdapi/joplin/db/password");
});

test("a change of a rule counts at once, without a new token", async () => {
  const caller = await callerWith("changing", [{ path: "/mdapi/gitlab/*", capability: ["read"] }]);
  await read(caller, "/mdapi/gitlab/api-token");
  await admin.call("delete-role-rule", { "role-name": "changing", path: "/mdapi/gitlab/*" });
  assert.equal((await refusalOf(read(caller, "/mdapi/gitlab/api-token"))).status, 401);
});

test("an access key reset, and a method deleted, end its tokens at once", async () => {
  const caller = await callerWith("reset-me", [{ path: "/mdapi/gitlab/*", capability: ["read"] }]);
  await read(caller, "/mdapi/gitlab/api-token");
  const { access_key: key } = await admin.call("reset-access-key", { name: "reset-me" });
  assert.equal(typeof key, "string");
  assert.equal((await refusalOf(read(caller, "/mdapi/gitlab/api-token"))).code, "E_TOKEN");
  const method = await admin.call("get-auth-method", { name: "reset-me" });
  const again = client({ accessId: String(method.auth_method_access_id), accessKey: String(key) });
  await read(again, "/mdapi/gitlab/api-token");
  await admin.call("delete-auth-method", { name: "reset-me" });
  assert.equal((await refusalOf(read(again, "/mdapi/gitlab/api-token"))).code, "E_TOKEN");
});

test("who manages policy does not thereby read values", async () => {
  const manager = await callerWith("manager", []);
  const { role_auth_methods_assoc: before } = await admin.call("get-role", { name: "admin" });
  await admin.call("assoc-role-am", { "role-name": "admin", "am-name": "manager" });
  await manager.call("create-role", { name: "made-by-manager" });
  assert.equal((await refusalOf(read(manager, "/mdapi/gitlab/api-token"))).status, 401);
  assert.equal((before as unknown[]).length, 1);
});

test("the last admin cannot be taken away", async () => {
  const { role_auth_methods_assoc: held } = await admin.call("get-role", { name: "admin" });
  const ids = (held as { assoc_id: string }[]).map(({ assoc_id }) => assoc_id);
  for (const id of ids.slice(1)) await admin.call("delete-assoc", { "assoc-id": id });
  assert.equal((await refusalOf(admin.call("delete-assoc", { "assoc-id": ids[0] }))).code, "E_CONFLICT");
  assert.equal((await refusalOf(admin.call("delete-role", { name: "admin" }))).code, "E_CONFLICT");
});

describe("what a rule may be", () => {
  const refused: [object, string][] = [
    [{ path: "/mdapi/*/x", capability: ["read"] }, "E_PATH"],
    [{ path: "/mdapi/jop*", capability: ["read"] }, "E_PATH"],
    [{ path: "/mdapi/../x", capability: ["read"] }, "E_PATH"],
    [{ path: "/mdapi/x{{ns}}", capability: ["read"] }, "E_PATH"],
    [{ path: "/mdapi/x", capability: ["reed"] }, "E_INPUT"],
    [{ path: "/mdapi/x", capability: [] }, "E_INPUT"],
    [{ path: "/mdapi/x", capability: ["deny"], ttl: 5 }, "E_INPUT"],
    [{ path: "/mdapi/x", capability: ["read"], "rule-type": "role-rule" }, "E_UNSUPPORTED"],
  ];
  before(async () => {
    await admin.call("create-role", { name: "rules" });
  });
  for (const [rule, code] of refused) {
    test(`refuses ${JSON.stringify(rule)}`, async () => {
      const refusal = await refusalOf(admin.call("set-role-rule", { "role-name": "rules", ...rule }));
      assert.equal(refusal.code, code);
    });
  }
  for (const name of ["../root", "root\t", "ROOT ", "+", "", "a/"]) {
    test(`refuses the role name ${JSON.stringify(name)}`, async () => {
      assert.equal((await refusalOf(admin.call("create-role", { name }))).code, "E_PATH");
    });
  }
});

test("roles, rules and methods survive a restart", async () => {
  await callerWith("lasting", [{ path: "/mdapi/+/api-token", capability: ["read"] }]);
  await product.restart();
  const role = (await admin.call("get-role", { name: "/lasting" })) as {
    rules: { path_rules: { path: string; capabilities: string[] }[] };
    role_auth_methods_assoc: { auth_method_name: string }[];
  };
  assert.deepEqual(role.rules.path_rules, [
    { path: "/mdapi/+/api-token", type: "item-rule", capabilities: ["read"] },
  ]);
  assert.deepEqual(
    role.role_auth_methods_assoc.map((one) => one.auth_method_name),
    ["/lasting"],
  );
});
