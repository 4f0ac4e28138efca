// Every command of the command line for static secrets, against both halves; and its errors.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { catalogue } from "../../packages/cli/src/catalogue.ts";
import { invoke, type Outcome } from "../../packages/cli/src/testing/invoke.ts";
import { createAkeylessClient } from "../support/akeyless-client.ts";
import { type Product, startProduct } from "../support/product.ts";
import { runCli } from "../support/run-cli.ts";

let product: Product;
let home: string;
/** Variables of a caller that may read below /mdapi/joplin and nothing else. */
let reader: Record<string, string>;
const used = new Set<string>();

before(async () => {
  product = await startProduct();
  home = mkdtempSync(join(tmpdir(), "halfkey-home-"));
  const { gatewayUrl, akeylessUrl, caFile, accessId, accessKey } = product.dev;
  const admin = createAkeylessClient({ akeylessUrl, caFile, accessId, accessKey });
  const made = await admin.call("create-auth-method", { name: "reader" });
  await admin.call("create-role", { name: "reader" });
  await admin.call("set-role-rule", { "role-name": "reader", path: "/mdapi/joplin/*", capability: ["read"] });
  await admin.call("assoc-role-am", { "role-name": "reader", "am-name": "reader" });
  admin.close();
  reader = {
    HALFKEY_URL: gatewayUrl,
    HALFKEY_CA: caFile,
    HALFKEY_ACCESS_ID: String(made.access_id),
    HALFKEY_ACCESS_KEY: String(made.access_key),
  };
});
after(async () => {
  await product?.stop();
  rmSync(home, { recursive: true, force: true });
});

interface Ran {
  input?: string;
  env?: Record<string, string>;
}

/** In this process: cli.test.ts has the program as one of its own, and a start costs more than a request. */
function run(words: string[], { input, env }: Ran = {}): Promise<Outcome> {
  for (const name of Object.keys(catalogue)) {
    if (`${words.join(" ")} `.startsWith(`${name} `)) used.add(name);
  }
  const environment = { HALFKEY_DATA: product.dataDir, HALFKEY_HOME: home, ...env };
  return invoke(words, { environment, ...(input === undefined ? {} : { input }) });
}

/** Expects success. @returns what it printed. */
async function ok(words: string[], ran: Ran = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await run(words, ran);
  assert.equal(exitCode, 0, `${words.join(" ")}: ${stderr}`);
  return stdout.toString();
}

async function json(words: string[], ran: Ran = {}) {
  return JSON.parse(await ok([...words, "--json"], ran));
}

/** Expects a refusal of the gateway, in the three lines that every error has, and a fourth where there is a runbook. */
async function refused(words: string[], code: string, status: number, ran: Ran = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await run(words, ran);
  assert.deepEqual([exitCode, stdout.toString()], [2, ""], `${words.join(" ")}: ${stderr}`);
  const [what, where, next, ...more] = stderr
    .split("\n")
    .filter((line) => !/^halfkey: (warning|note)/.test(line));
  assert.match(what ?? "", /^halfkey: \S/);
  assert.match(
    where ?? "",
    new RegExp(`^  where: POST https://.*, request [0-9a-f]{16}, code ${code}, status ${status}$`),
  );
  assert.match(next ?? "", /^ {2}next: \S/);
  if (more.length > 1) assert.match(more.shift() ?? "", /^ {2}runbook: docs\/runbooks\/[a-z0-9-]+\.md$/);
  assert.deepEqual(more, [""]);
  return stderr;
}

describe("the verbs of Akeyless", () => {
  const name = "/mdapi/verbs/sec1";

  test("a secret's whole life", async () => {
    const flags = ["-t", "a", "--tag", "b", "--description", "what for", "--max-versions", "10"];
    assert.equal(
      await ok(["create-secret", "-n", name, "--value", "one", ...flags]),
      `A new secret named ${name} was successfully created\n`,
    );
    assert.equal(await ok(["get-secret-value", "--name", name]), "one");
    assert.equal(
      await ok(["update-secret-val", "-n", name, "-v", "two", "--keep-prev-version=true"]),
      `The value of secret ${name} was successfully updated\n`,
    );
    assert.equal(await ok(["get-secret-value", "-n", name, "--version", "1"]), "one");
    assert.deepEqual(await json(["get-secret-value", "-n", name, "--version=-2"]), { 1: "one", 2: "two" });
    assert.equal(
      await ok(["rollback-secret", "-n", name, "--old-version", "1"]),
      `Secret ${name} was successfully rolled back to version 1\n`,
    );
    const described = JSON.parse(await ok(["describe-item", "-n", name, "--show-versions"]));
    assert.deepEqual(
      [described.last_version, described.item_versions.length, described.item_tags, described.item_metadata],
      [3, 3, ["a", "b"], "what for"],
    );
    assert.equal(JSON.parse(await ok(["describe-item", "-d", described.display_id])).item_name, name);
    assert.equal(JSON.parse(await ok(["describe-item", "-I", String(described.item_id)])).item_name, name);
    await ok(["update-item", "-n", name, "--add-tag", "c", "--rm-tag", "a", "--delete-protection", "true"]);
    assert.deepEqual(JSON.parse(await ok(["get-tags", "-n", name])), ["b", "c"]);
    assert.match(
      await refused(["delete-item", "-n", name], "E_DISABLED", 403),
      /next: .*--delete-protection false/,
    );
    await ok(["update-item", "-n", name, "--delete_protection=false", "--new-name", `${name}b`]);
    assert.equal(
      await ok(["delete-item", "-n", `${name}b`, "--version", "0"]),
      `Item ${name}b version 3 was successfully deleted\n`,
    );
    assert.equal(await ok(["get-secret-value", "-n", `${name}b`]), "two");
    assert.equal(await ok(["delete-item", "-n", `${name}b`]), `Item ${name}b was successfully deleted\n`);
    await refused(["get-secret-value", "-n", `${name}b`], "E_NOT_FOUND", 404);
  });

  test("several names; formats; a secret of type password", async () => {
    await ok(["create-secret", "-n", "/mdapi/verbs/a", "-v", "1"]);
    await ok(["create-secret", "-n", "/mdapi/verbs/b", "-f", "json"], { input: `{"x":1}` });
    assert.deepEqual(
      JSON.parse(await ok(["get-secret-value", "-n", "/mdapi/verbs/a", "-n", "/mdapi/verbs/b"])),
      {
        "/mdapi/verbs/a": "1",
        "/mdapi/verbs/b": `{"x":1}`,
      },
    );
    await refused(["update-secret-val", "-n", "/mdapi/verbs/b", "-v", "hunter2"], "E_INPUT", 400);
    const password = ["create-secret", "-n", "/mdapi/verbs/pw", "--type", "password", "-u", "me", "-p", "pw"];
    await ok(password);
    assert.deepEqual(JSON.parse(await ok(["get-secret-value", "-n", "/mdapi/verbs/pw"])), {
      username: "me",
      password: "pw",
    });
  });

  test("lists, moves, states, and folders that go", async () => {
    const list = async (...words: string[]) => JSON.parse(await ok(["list-items", ...words]));
    const names = (answer: { items: { item_name: string }[] | null }) =>
      (answer.items ?? []).map(({ item_name }) => item_name);
    await ok(["create-secret", "-n", "/mdapi/lists/one", "-v", "1", "-t", "x"]);
    await ok(["create-secret", "-n", "/mdapi/lists/deep/two", "-v", "2"]);
    assert.deepEqual(names(await list("--path", "/mdapi/lists")), [
      "/mdapi/lists/deep/two",
      "/mdapi/lists/one",
    ]);
    assert.deepEqual(names(await list("--path", "/mdapi/lists", "--tag", "x")), ["/mdapi/lists/one"]);
    assert.deepEqual(names(await list("--filter", "lists/deep", "--minimal-view")), [
      "/mdapi/lists/deep/two",
    ]);
    assert.deepEqual(names(await list("--path", "/mdapi/lists", "-t", "dynamic-secret")), []);
    const direct = await list("--path", "/mdapi/lists", "--current-folder");
    assert.deepEqual([names(direct), direct.folders], [["/mdapi/lists/one"], ["/mdapi/lists/deep/"]]);

    assert.equal(
      await ok(["move-objects", "-s", "/mdapi/lists", "-t", "/mdapi/moved", "-o", "item"]),
      "Object(s) moved successfully from /mdapi/lists to /mdapi/moved\n",
    );
    await ok(["set-item-state", "-n", "/mdapi/moved/one", "-s", "Disabled"]);
    await refused(["get-secret-value", "-n", "/mdapi/moved/one"], "E_DISABLED", 403);
    await ok(["set-item-state", "-n", "/mdapi/moved/one", "--desired-state", "Enabled"]);
    assert.equal(await ok(["get-secret-value", "-n", "/mdapi/moved/one"]), "1");
    assert.equal(
      await ok(["delete-items", "-p", "/mdapi/moved"]),
      "Item(s) deleted successfully from /mdapi/moved\n",
    );
    assert.deepEqual(names(await list("--path", "/mdapi/moved")), []);
  });

  test("auth, validate-token, list-gateways, gateway-list-customer-fragments", async () => {
    const said = await ok(["auth"]);
    assert.match(said, /^Authentication succeeded\.\nToken: t-\S+\n$/);
    const token = (await ok(["auth", "-o", "raw"])).trim();
    const { is_valid, ttl } = JSON.parse(await ok(["validate-token"], { env: { HALFKEY_TOKEN: token } }));
    assert(is_valid && ttl > 0);
    const invalid = await run(["validate-token"], { env: { HALFKEY_TOKEN: "t-nonsense" } });
    assert.deepEqual([invalid.exitCode, JSON.parse(invalid.stdout.toString()).is_valid], [2, false]);
    const { clusters } = JSON.parse(await ok(["list-gateways"]));
    assert.equal(clusters[0].status, "Running");
    const { customer_fragments } = JSON.parse(await ok(["gateway-list-customer-fragments"]));
    assert.match(customer_fragments[0].id, /^cf-/);
    assert.equal(customer_fragments[0].value, undefined);
    await refused(["auth", "--access-id", "p-unknown", "--access-key-file", "-"], "E_TOKEN", 401, {
      input: "k",
    });
  });
});

describe("the short forms", () => {
  const path = "/mdapi/joplin/tsig-secret/key";

  test("put, get, history, diff, rollback", async () => {
    await ok(["put", path], { input: `{"user":"u","password":"one"}` });
    await ok(["put", path, "--cas", "1"], { input: `{"user":"u","password":"two"}` });
    assert.equal(await ok(["get", path, "--field", "password"]), "two");
    assert.equal(await ok(["get", path, "-o", "env"]), "user='u'\npassword='two'\n");
    assert.deepEqual(
      (await json(["history", path])).map(({ version, by }: { version: number; by: string }) => [
        version,
        by,
      ]),
      [
        [2, product.dev.accessId],
        [1, product.dev.accessId],
      ],
    );
    assert.equal(
      await ok(["diff", path]),
      `${path}: version 1 and version 2\n~ password: changed\n  user: unchanged\n`,
    );
    assert.match(await ok(["diff", path, "1", "2", "--show"]), /- "one"\n {4}\+ "two"/);
    assert.equal(await ok(["rollback", path, "1"]), `rolled back ${path} to version 1, as version 3\n`);
    assert.equal(await ok(["get", path, "--field", "password"]), "one");
    const { same } = await json(["diff", path, "1", "3"]);
    assert.equal(same, true);
  });

  test("list, tree, describe, tags, states", async () => {
    assert.equal(await ok(["list", "/mdapi/joplin", "-o", "raw"]), `${path}\n`);
    assert.equal(
      await ok(["tree", "/mdapi/joplin"]),
      "/mdapi/joplin\n└── tsig-secret/\n    └── key  v3\n\n1 folder, 1 item\n",
    );
    assert.equal(await ok(["tag", "add", path, "dns", "team a"]), `tagged ${path}: dns, team a\n`);
    assert.equal(await ok(["tag", "list", path]), "dns\nteam a\n");
    assert.equal(await ok(["list", "--tag", "team a", "-o", "raw"]), `${path}\n`);
    await ok(["tag", "remove", path, "dns"]);
    assert.deepEqual((await json(["describe", path])).tags, ["team a"]);
    assert.match(await ok(["describe", path, "-o", "yaml"]), /^tags:\n {2}- "team a"$/m);
    await ok(["disable", path]);
    await refused(["get", path], "E_DISABLED", 403);
    await ok(["enable", path]);
    await ok(["get", path]);
  });

  test("move, delete, trash, undelete: every version comes back", async () => {
    const moved = "/mdapi/joplin/tsig-secret/moved";
    assert.equal(await ok(["move", path, moved]), `moved ${path} to ${moved}\n`);
    await refused(["get", path], "E_NOT_FOUND", 404);
    assert.equal(await ok(["delete", moved, "--yes"]), `deleted ${moved}\n`);
    assert.deepEqual(await json(["list", "/mdapi/joplin"]), []);
    const [item] = await json(["trash", "/mdapi/joplin"]);
    assert.deepEqual([item.path, item.version, item.by], [moved, 3, product.dev.accessId]);
    assert(Date.parse(item.purge) > Date.parse(item.deleted));
    assert.equal(await ok(["undelete", moved]), `restored ${moved}, version 3\n`);
    assert.equal(await ok(["get", moved, "--version", "2", "--field", "password"]), "two");
    assert.deepEqual(await json(["trash", "/mdapi/joplin"]), []);
    await refused(["undelete", moved], "E_EXISTS", 409);
    await refused(["undelete", "/mdapi/joplin/never"], "E_NOT_FOUND", 404);
    await ok(["delete", moved, "--version", "1", "--yes"]);
    await refused(["get", moved, "--version", "1"], "E_NOT_FOUND", 404);
    await ok(["move", moved, path]);
  });

  test("--output-curl prints what a shell can run", async () => {
    const text = await ok(["get", path, "--output-curl", "--version", "2"]);
    const token = (await ok(["auth", "-o", "raw"])).trim();
    assert(!text.includes(token.slice(0, 20)));
    const env = { PATH: process.env.PATH, HALFKEY_TOKEN: token };
    const answer = execFileSync("sh", ["-c", text], { encoding: "utf8", env });
    assert.match(JSON.parse(answer)[path], /"two"/);
  });
});

describe("profiles and variables", () => {
  const configure = () => {
    const { gatewayUrl, caFile, accessId } = product.dev;
    return [
      "configure",
      "--url",
      gatewayUrl,
      "--ca",
      caFile,
      "--access-id",
      accessId,
      "--access-key-file",
      "-",
    ];
  };
  const elsewhere = { HALFKEY_DATA: "/nonexistent" };

  test("configure tries, unconfigure removes", async () => {
    const { accessKey } = product.dev;
    await refused([...configure(), "--profile", "ci"], "E_TOKEN", 401, { input: "hunter2", env: elsewhere });
    const done = await ok([...configure(), "--profile", "ci"], { input: accessKey, env: elsewhere });
    assert.match(done, /^Profile ci successfully configured\n/);
    const list = ["list", "/mdapi/joplin", "-o", "raw"];
    const expected = await ok(list);
    assert.equal(await ok([...list, "--profile", "ci"], { env: elsewhere }), expected);
    assert.equal(await ok(list, { env: { ...elsewhere, HALFKEY_PROFILE: "ci" } }), expected);
    assert.equal(await ok(list, { env: { ...elsewhere, AKEYLESS_DEFAULT_PROFILE: "ci" } }), expected);
    await ok(["unconfigure", "--profile", "ci"], { env: elsewhere });
    assert.equal((await run([...list, "--profile", "ci"], { env: elsewhere })).exitCode, 1);
  });

  test("Akeyless's variables are enough", async () => {
    const { akeylessUrl, caFile, accessId, accessKey } = product.dev;
    const akeyless = {
      ...elsewhere,
      AKEYLESS_GATEWAY_URL: akeylessUrl,
      AKEYLESS_TRUSTED_TLS_CERTIFICATE_FILE: caFile,
    };
    const env = { ...akeyless, AKEYLESS_ACCESS_ID: accessId, AKEYLESS_ACCESS_KEY: accessKey };
    assert.match(await ok(["get-secret-value", "-n", "/mdapi/verbs/a"], { env }), /^1$/);
    const token = (await ok(["auth", "-o", "raw"], { env })).trim();
    const withToken = await run(["get-secret-value", "-n", "/mdapi/verbs/a", "--token", token], {
      env: akeyless,
    });
    assert.equal(withToken.stdout.toString(), "1", withToken.stderr);
    assert.doesNotMatch(withToken.stderr, /t-/);
  });
});

describe("what goes wrong", () => {
  const path = "/mdapi/joplin/tsig-secret/key";

  test("denied and absent are the same to whoever may not know", async () => {
    assert.match(await ok(["get", path], { env: reader }), /password/);
    for (const words of [
      ["get", "/mdapi/verbs/a"],
      ["get", "/mdapi/verbs/never"],
      ["describe", "/mdapi/verbs/a"],
      ["put", path],
      ["rollback", path, "1"],
      ["delete", path, "--yes"],
      ["tag", "add", path, "x"],
      ["disable", path],
      ["move", path, "/mdapi/joplin/other"],
      ["undelete", "/mdapi/verbs/sec1b"],
      ["create-secret", "-n", "/mdapi/joplin/new", "-v", "x"],
      ["update-secret-val", "-n", path, "-v", "x"],
    ]) {
      await refused(words, "E_DENIED", 401, { env: reader, input: "x" });
    }
    assert.deepEqual(await json(["trash"], { env: reader }), []);
    assert.equal(await ok(["list", "-o", "raw"], { env: reader }), `${path}\n`);
  });

  test("conflicts, names, sizes, versions", async () => {
    await refused(["create-secret", "-n", path, "-v", "x"], "E_EXISTS", 409);
    await refused(["put", path, "--cas", "99"], "E_CONFLICT", 409, { input: "x" });
    await refused(["update-secret-val", "-n", path, "-v", "x", "--last-version", "99"], "E_CONFLICT", 409);
    await refused(["move", path, "/mdapi/verbs/a"], "E_EXISTS", 409);
    await refused(["rollback", path, "99"], "E_NOT_FOUND", 404);
    for (const name of ["/mdapi//x", "/mdapi/../x", "/mdapi/*", "/a\u001b[2J"]) {
      const stderr = await refused(["put", name], "E_PATH", 400, { input: "x" });
      assert(!stderr.includes("\u001b"));
    }
    await refused(["put", "/mdapi/large"], "E_TOO_LARGE", 413, { input: "x".repeat(1024 * 1024 + 1) });
    await refused(["set-item-state", "-n", "/mdapi/none", "-s", "Enabled"], "E_NOT_FOUND", 404);
    await refused(["move-objects", "-s", path, "-t", "/x", "-o", "role"], "E_UNSUPPORTED", 501);
  });

  test("a path that is nearly right is named, if the caller may list it", async () => {
    const near = await refused(["get", "/mdapi/joplin/tsig-secrte/kee"], "E_NOT_FOUND", 404, { env: reader });
    assert.match(near, new RegExp(`next: did you mean ${path}\\?`));
    assert.match(
      await refused(["get", "/mdapi/joplin/tsig-secret"], "E_NOT_FOUND", 404),
      /is a folder: `halfkey list/,
    );
    const hidden = await refused(["get", "/mdapi/verbs/aa"], "E_DENIED", 401, { env: reader });
    assert.doesNotMatch(hidden, /did you mean/);
  });

  test("a token that is none; a gateway that is away", async () => {
    await refused(["list"], "E_TOKEN", 401, { env: { HALFKEY_TOKEN: "t-nonsense" } });
    const away = await run(["list"], { env: { HALFKEY_URL: "https://127.0.0.1:1", HALFKEY_TOKEN: "t" } });
    assert.equal(away.exitCode, 2);
    assert.match(away.stderr, /^halfkey: nothing listens .*\n {2}where: .*ECONNREFUSED\n {2}next: start it/);
  });

  test("usage: exit code 1, and nothing is asked of the gateway", async () => {
    for (const words of [
      ["nonsense"],
      ["get"],
      ["get", "/a", "/b"],
      ["get-secret-value"],
      ["tag"].concat("drop"),
      ["rollback", "/a", "x"],
    ]) {
      const { exitCode, stdout, stderr } = await run(words, { env: { HALFKEY_URL: "https://127.0.0.1:1" } });
      assert.deepEqual([exitCode, stdout.length], [1, 0], words.join(" "));
      assert.match(stderr, /^halfkey: /);
    }
  });
});

describe("a value that would take over a terminal", () => {
  test("is exact in a pipe; a name like it is refused; tags and descriptions are written out", async () => {
    const value = "\u001b]0;owned\u0007\u202e\r\n";
    await ok(["put", "/mdapi/verbs/escape"], { input: value });
    assert.equal(await ok(["get", "/mdapi/verbs/escape"]), value);
    assert.equal(await ok(["get-secret-value", "-n", "/mdapi/verbs/escape"]), value);
    assert.equal((await json(["get", "/mdapi/verbs/escape"])).value, value);
    assert(!(await ok(["get", "/mdapi/verbs/escape", "--json"])).includes("\u202e"));
    await ok(["update-item", "-n", "/mdapi/verbs/escape", "--description", "\u001b[2J\u202ex"]);
    for (const words of [
      ["describe"],
      ["describe", "-o", "yaml"],
      ["describe", "--json"],
      ["describe-item", "-n"],
    ]) {
      const shown = await ok([...words, "/mdapi/verbs/escape"]);
      assert(!shown.includes("\u001b") && !shown.includes("\u202e"), words.join(" "));
    }
  });
});

describe("completion", () => {
  const complete = (...words: string[]) => ok(["__complete", "bash", "--", ...words]);

  test("offers what the caller may list", async () => {
    assert.equal(await complete("get", "/mdapi/joplin/"), "/mdapi/joplin/tsig-secret/\n");
    assert.equal(await complete("get", "/mdapi/joplin/tsig-secret/k"), "/mdapi/joplin/tsig-secret/key\n");
    assert.equal(await complete("tag", ""), "add\nremove\nlist\n");
    assert.equal(await ok(["__complete", "zsh", "--", "get", "/mdapi/v"], { env: reader }), "");
    assert.match(await ok(["completion", "bash"]), /complete -F _halfkey halfkey/);
  });

  test("gives up when nobody answers, without a word", async () => {
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const { port } = mute.address() as { port: number };
    const begun = performance.now();
    const { exitCode, stdout, stderr } = await runCli(["__complete", "bash", "--", "get", "/"], {
      env: { HALFKEY_URL: `http://127.0.0.1:${port}`, HALFKEY_TOKEN: "t" },
    });
    mute.close();
    assert.deepEqual([exitCode, stdout.toString(), stderr], [0, "", ""]);
    // 0.8 s of patience, and the start of the program on a machine that is busy.
    assert(performance.now() - begun < 5000);
  });
});

test("no command was forgotten here", async () => {
  await ok(["version"]);
  const elsewhere = /^(audit|head|instance|k8s|policy|rotate) |^(can|doctor|explain|lint|revoke|who-can)$/;
  const forgotten = Object.keys(catalogue).filter((name) => !used.has(name) && !elsewhere.test(name));
  assert.deepEqual(forgotten, []);
});
