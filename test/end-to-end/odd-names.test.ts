// Names and fields that look odd and are legal: each is one thing, the same in rules, storage, lists and audit,
// and hurts nobody who looks at it. Numbers are those of docs/attacks.md.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { own } from "../hostile/hostile-case.ts";
import { type AkeylessClient, AkeylessError, createAkeylessClient } from "../support/akeyless-client.ts";
import { GatewayHttp } from "../support/gateway-http.ts";
import { type Product, startProduct } from "../support/product.ts";
import { runCli } from "../support/run-cli.ts";

let product: Product;
let admin: AkeylessClient;
let http: GatewayHttp;
const clients: AkeylessClient[] = [];

before(async () => {
  product = await startProduct();
  admin = clientOf(product.dev);
  http = new GatewayHttp(product.dev);
});
after(async () => {
  for (const one of clients) one.close();
  http?.close();
  await product?.stop();
});

function clientOf({ accessId, accessKey }: { accessId: string; accessKey: string }): AkeylessClient {
  const { akeylessUrl, caFile } = product.dev;
  const made = createAkeylessClient({ akeylessUrl, caFile, accessId, accessKey });
  clients.push(made);
  return made;
}

/** A new caller whose role, named like him, has these rules. */
async function callerWith(name: string, rules: Record<string, string[]>): Promise<AkeylessClient> {
  const made = await admin.call("create-auth-method", { name });
  await admin.call("create-role", { name });
  for (const [path, capability] of Object.entries(rules))
    await admin.call("set-role-rule", { "role-name": name, path, capability });
  await admin.call("assoc-role-am", { "role-name": name, "am-name": name });
  return clientOf({ accessId: String(made.access_id), accessKey: String(made.access_key) });
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "ok";
  } catch (error) {
    if (error instanceof AkeylessError) return error.code;
    throw error;
  }
}

const create = (name: string, value: string, more: object = {}) =>
  admin.call("create-secret", { name, value, ...more });
const read = async (who: AkeylessClient, name: string, version = 0) =>
  (await who.call("get-secret-value", { names: [name], version }))[name];
const listed = async (who: AkeylessClient, path: string) =>
  ((await who.call("list-items", { path })).items ?? []) as Record<string, unknown>[];
const audited = async (query: object) => {
  const { accessId, accessKey } = product.dev;
  const { token } = await admin.send("auth", { "access-id": accessId, "access-key": accessKey });
  const { text } = await http.ask({ path: own("audit/search"), body: { token, ...query } });
  return (JSON.parse(text) as { entries: { path?: string; op?: string; ok?: boolean }[] }).entries;
};

describe("3: two spellings of one name", () => {
  const composed = "/odd/caf\u00e9/\ud55c\uae00";
  const decomposed = composed.normalize("NFD");

  it("are one item, told under the name that was asked", async () => {
    await create(decomposed, "one");
    assert.equal(await codeOf(create(composed, "two")), "E_EXISTS");
    for (const name of [composed, decomposed]) {
      assert.equal(await read(admin, name), "one");
      assert.equal((await admin.call("describe-item", { name })).item_name, name);
    }
    assert.deepEqual(
      (await listed(admin, decomposed.slice(0, decomposed.lastIndexOf("/")))).map((item) => item.item_name),
      [composed],
    );
    const entries = await audited({ op: "read", path: decomposed });
    assert.deepEqual([...new Set(entries.map(({ path }) => path))], [composed]);
  });

  it("are one to a deny, whichever of them it is written in", async () => {
    for (const [at, spelling] of [composed, decomposed].entries()) {
      const caller = await callerWith(`spelling-${at}`, { "/odd/*": ["read"], [spelling]: ["deny"] });
      for (const name of [composed, decomposed]) {
        assert.equal(await codeOf(read(caller, name)), "E_DENIED");
        assert.equal(await codeOf(caller.call("describe-item", { name })), "E_DENIED");
      }
      assert.deepEqual(await listed(caller, "/odd"), []);
    }
  });
});

it("3, 4: names that look alike are different items, and a rule for one says nothing about the other", async () => {
  const alike = [
    "admin",
    "Admin",
    "\u0430dmin",
    "\uff41\uff44\uff4d\uff49\uff4e",
    "adm\u0131n",
    "adm\u0130n",
    "stra\u00dfe",
    "strasse",
    "\u017ftrasse",
  ];
  for (const name of alike) await create(`/alike/${name}/key`, name);
  const caller = await callerWith("alike", { "/alike/admin/*": ["read"], "/alike/strasse/*": ["read"] });
  for (const name of alike) {
    assert.equal(await read(admin, `/alike/${name}/key`), name);
    const expected = ["admin", "strasse"].includes(name) ? "ok" : "E_DENIED";
    assert.equal(await codeOf(read(caller, `/alike/${name}/key`)), expected, name);
  }
  assert.equal((await listed(admin, "/alike")).length, alike.length);
  const denier = await callerWith("alike-but", { "/alike/**": ["read"], "/alike/admin/*": ["deny"] });
  for (const name of alike)
    assert.equal(
      await codeOf(read(denier, `/alike/${name}/key`)),
      name === "admin" ? "E_DENIED" : "ok",
      name,
    );
});

it("9: a role that is called like another has none of its rights", async () => {
  for (const name of ["Admin", "ADMIN", "admin2", "root", "\u0430dmin", "everything-"]) {
    const caller = await callerWith(name, {});
    assert.equal(await codeOf(caller.call("list-roles", {})), "E_DENIED", name);
    assert.equal(await codeOf(read(caller, "/alike/admin/key")), "E_DENIED", name);
  }
  for (const name of ["admin ", " admin", "admin\t", "../admin", "x/../admin", "admin/", "admin\0"])
    assert.equal(await codeOf(admin.call("create-role", { name })), "E_PATH", JSON.stringify(name));
  for (const name of ["admin", "/admin"])
    assert.equal(await codeOf(admin.call("create-role", { name })), "E_EXISTS");
});

it("10: a page's cursor shows its bearer only what he may see anyway", async () => {
  for (const name of ["a", "b", "c"]) await create(`/cursor/${name}/key`, name);
  const caller = await callerWith("cursor", { "/cursor/b/*": ["list"] });
  for (const after of ["/", "/cursor/a", "/cursor/a/key", "/cursor/c/key", "\uffff"]) {
    const cursor = Buffer.from(JSON.stringify({ i: after })).toString("base64");
    const page = await caller.call("list-items", {
      "auto-pagination": "disabled",
      "pagination-token": cursor,
    });
    const names = ((page.items ?? []) as { item_name: string }[]).map((item) => item.item_name);
    assert.deepEqual(names, after < "/cursor/b/key" ? ["/cursor/b/key"] : []);
  }
});

it("11: three hundred rules of thirty wildcards decide at once", async () => {
  const wild = Array.from({ length: 300 }, (_, at) => `/${"+/".repeat(29)}x${at}/**`);
  await admin.call("create-role", { name: "wild" });
  for (let at = 0; at < wild.length; at += 50) {
    await Promise.all(
      wild
        .slice(at, at + 50)
        .map((path) => admin.call("set-role-rule", { "role-name": "wild", path, capability: ["read"] })),
    );
  }
  const caller = await callerWith("wild-caller", {});
  await admin.call("assoc-role-am", { "role-name": "wild", "am-name": "wild-caller" });
  const deep = `/${"a/".repeat(29)}x299/b`;
  await create(deep, "deep");
  assert.equal(await read(caller, deep), "deep");
  const began = performance.now();
  for (let at = 0; at < 50; at += 1)
    await codeOf(caller.call("describe-item", { name: `/${"a/".repeat(30)}y` }));
  assert((performance.now() - began) / 50 < 100);
  assert.equal(
    await codeOf(
      admin.call("set-role-rule", { "role-name": "wild", path: "/+".repeat(40_000), capability: "read" }),
    ),
    "E_PATH",
  );
});

describe("13: names of JavaScript's own", () => {
  for (const word of ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "prototype"]) {
    it(word, async () => {
      const name = `/${word}/${word}`;
      await create(name, `value of ${word}`, { tags: [word], description: word });
      assert.equal(await read(admin, name), `value of ${word}`);
      assert.equal(
        await read(admin, word === "__proto__" ? `__proto__/${word}` : name.slice(1)),
        `value of ${word}`,
      );
      assert.deepEqual(await admin.call("get-tags", { name }), [word]);
      const tagged = (await admin.call("list-items", { tag: word })).items as { item_name: string }[];
      assert.deepEqual(
        tagged.map((item) => item.item_name),
        [name],
      );
      const pairs = `{"${word}":{"polluted":true}}`;
      await admin.call("create-secret", { name: `${name}-pairs`, value: pairs, format: "key-value" });
      assert.equal(await read(admin, `${name}-pairs`), pairs);
      const caller = await callerWith(word, { [`/${word}/*`]: ["read"] });
      assert.equal(await read(caller, name), `value of ${word}`);
      assert.equal(await codeOf(read(caller, "/odd/other")), "E_DENIED");
      const gone = await admin.call("delete-items", { path: `/${word}` });
      assert.deepEqual(gone.deleted_items, [name, `${name}-pairs`]);
      assert.deepEqual(gone.failed_deleted_items, {});
    });
  }
});

it("16: a condition on claims is made of texts, and of nothing that pretends to be one", async () => {
  await callerWith("claims", {});
  const associate = (claims: unknown) =>
    codeOf(admin.call("assoc-role-am", { "role-name": "claims", "am-name": "claims", "sub-claims": claims }));
  for (const value of [{ toString: "x" }, { toString: null }, {}, null, [{}], [[]], [null], "", ["a", ""]])
    assert.equal(await associate({ ns: value }), "E_INPUT", JSON.stringify(value));
  assert.equal(await associate(JSON.parse('{"__proto__":{"ns":"a"}}')), "E_INPUT");
  assert.equal(await associate({ ns: ["a", 1, true], team: "b,c" }), "ok");
});

describe("55: SQL and templates in every field are text", () => {
  const texts = [
    "'; DROP TABLE records; --",
    "' OR '1'='1",
    '" OR ""="',
    "%' ESCAPE '!",
    "1; SELECT pg_sleep(10)",
    "$(touch x)",
    "`id`",
    "#{jndi:ldap}",
    "%s%n%x",
    "<script>alert(1)</script>",
    "=cmd|'C calc'!A0",
    "-rf",
  ];
  for (const text of texts) {
    it(text, async () => {
      const name = `/sql/${text}`;
      await create(name, text, { tags: [text], description: text });
      await admin.call("update-secret-val", { name, value: `${text} 2` });
      assert.equal(await read(admin, name), `${text} 2`);
      assert.equal(await read(admin, name, 1), text);
      const item = await admin.call("describe-item", { name });
      assert.deepEqual([item.item_name, item.item_metadata, item.item_tags], [name, text, [text]]);
      for (const query of [{ filter: text }, { tag: text }, { path: "/sql", filter: text }]) {
        const { items } = await admin.call("list-items", query);
        assert.deepEqual(
          (items as { item_name: string }[]).map((one) => one.item_name),
          [name],
        );
      }
      await admin.call("create-role", { name: text, description: text });
      assert.equal((await admin.call("get-role", { name: text })).comment ?? text, text);
      assert.equal((await audited({ op: "read", path: name })).length, 2);
      await admin.call("update-item", { name, "new-name": `${name} moved`, "rm-tag": [text] });
      assert.equal(await read(admin, `${name} moved`), `${text} 2`);
      await admin.call("delete-item", { name: `${name} moved` });
      assert.equal(await codeOf(read(admin, `${name} moved`)), "E_NOT_FOUND");
    });
  }
});

describe("61: what a terminal, a table or a page might obey", () => {
  const folder = "/escape";
  const name = `${folder}/=1+1;@SUM(A1)`;
  const description = "\u001b[31mred\u001b]0;title\u0007\u202eright\u2066\u009b\r\nsecond line\u0000";

  before(async () => {
    await create(name, "\u001b[2Jvalue", { description, tags: ["=1+1", "@tag", "\u202etag".slice(1)] });
  });

  it("comes back from the API as it was", async () => {
    const item = await admin.call("describe-item", { name });
    assert.equal(item.item_metadata, description);
    assert.equal(await read(admin, name), "\u001b[2Jvalue");
  });

  for (const args of [
    ["list", folder],
    ["list", folder, "--json"],
    ["list", "/"],
    ["describe", name],
    ["describe", name, "--json"],
    ["get", "/\u001b[31m/no"],
    ["describe", "/\u202eon/no"],
  ]) {
    it(`is written out by halfkey ${args.join(" ").replace(/[^ -~]/gu, "?")}`, async () => {
      const { stdout, stderr } = await runCli(args, { env: { HALFKEY_DATA: product.dataDir } });
      const shown = stdout.toString() + stderr;
      assert.doesNotMatch(shown, /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    });
  }

  it("is no line of its own in any log", async () => {
    await codeOf(admin.call("describe-item", { name: '/x\n{"level":"fatal","msg":"forged"}' }));
    const { token } = await admin.send("auth", {
      "access-id": product.dev.accessId,
      "access-key": product.dev.accessKey,
    });
    await http.ask({
      path: "/akeyless-api/v2/list-items?x=%0a%7b",
      headers: { "user-agent": "x\u00ff", "halfkey-request": "forged" },
      body: { token },
    });
    for (const half of ["gateway", "vault"]) {
      for (const text of readFileSync(`${product.dataDir}/logs/${half}.log`, "utf8").trimEnd().split("\n")) {
        assert.doesNotThrow(() => JSON.parse(text), text);
        assert.doesNotMatch(text, /forged/);
      }
    }
  });
});
