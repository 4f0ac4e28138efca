import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { GatewayDouble } from "../testing/gateway-double.ts";
import { invoke } from "../testing/invoke.ts";

const folder = mkdtempSync(join(tmpdir(), "halfkey-lint-"));
after(() => rmSync(folder, { recursive: true }));

/** One without mistakes but for what is given. */
function externalSecret({ refresh = "refreshInterval: 1m", store = "", data = "" }): string {
  const own = "secretStoreRef:\n  kind: ClusterSecretStore\n  name: cm-akeyless";
  const usual = "data:\n- secretKey: PW\n  remoteRef:\n    key: /mdapi/joplin/app/password";
  const spec = [refresh, store || own, data || usual].filter(Boolean).join("\n").replace(/^/gm, "  ");
  return `apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata:\n  name: app\n  namespace: joplin\nspec:\n${spec}\n`;
}

let count = 0;
/** A folder of its own for one test, with files. */
function withFiles(files: Record<string, string>): string {
  count += 1;
  const root = join(folder, String(count));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const lint = (workingDirectory: string, ...words: string[]) =>
  invoke(["lint", ...words], { workingDirectory, environment: { PATH: "/nonexistent" } });
const clean = externalSecret({});
const bad = externalSecret({ refresh: "refreshInterval: 1d" });
const remark = externalSecret({ refresh: "" });

describe("what is linted", () => {
  test("this folder and all below, but nothing of others", async () => {
    const root = withFiles({
      "a.yaml": bad,
      "deep/er/b.yml": bad,
      "c.json": JSON.stringify({ apiVersion: "external-secrets.io/v1beta1", kind: "ExternalSecret" }),
      "d.txt": bad,
      "node_modules/e.yaml": bad,
      ".git/f.yaml": bad,
    });
    const { exitCode, stdout, stderr } = await lint(root);
    assert.equal(exitCode, 1);
    const found = [...stdout.toString().matchAll(/^(\S+?):\d+:\d+ /gm)].map((one) => one[1]);
    assert.deepEqual(found, ["a.yaml", "c.json", join("deep", "er", "b.yml")]);
    assert.match(stderr, /3 errors/);
  });

  test("files and stdin, which are one cluster: a store in one is known in the other", async () => {
    const store =
      "apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata: {name: own}\nspec: {provider: {akeyless: {}}}\n";
    const root = withFiles({ "store.yaml": store });
    const input = externalSecret({ store: "secretStoreRef:\n  name: own" });
    const { stdout } = await invoke(["lint", "store.yaml", "-"], { workingDirectory: root, input });
    assert.match(stdout.toString(), /^<stdin>:9:11 error HK003 /);
  });

  test("a link that leads nowhere, or round in a circle", async () => {
    const root = withFiles({ "a.yaml": clean });
    symlinkSync(root, join(root, "round"));
    symlinkSync("/nonexistent", join(root, "gone.yaml"));
    assert.equal((await lint(root)).exitCode, 0);
  });

  test("what is not there", async () => {
    const { exitCode, stderr } = await lint(withFiles({ "a.yaml": clean }), "b.yaml");
    assert.equal(exitCode, 1);
    assert.match(stderr, /no such file or folder\n {2}where: b\.yaml/);
  });

  test("templates of a chart are left out, and that is said", async () => {
    const root = withFiles({
      "chart/Chart.yaml": "name: x",
      "chart/templates/a.yaml": `${bad}{{ end }}`,
      "chart/b.yaml": clean,
    });
    const { exitCode, stderr } = await lint(root);
    assert.equal(exitCode, 0);
    assert.match(stderr, /templates of a chart: lint them with `helm template/);
  });

  test("a Kustomize folder without a program for it is linted as it is, and that is said", async () => {
    const root = withFiles({ "k/kustomization.yaml": "resources: [a.yaml]", "k/a.yaml": bad });
    const { exitCode, stdout, stderr } = await lint(root, "k");
    assert.equal(exitCode, 1);
    assert.match(stdout.toString(), /^k\/a\.yaml:/);
    assert.match(stderr, /neither kustomize nor kubectl/);
  });

  test("a Kustomize folder is built by the program that is there; its failure is ours", async () => {
    const root = withFiles({ "k/kustomization.yaml": "", "k/a.yaml": clean, "bin/kustomize": "" });
    const program = (text: string) =>
      writeFileSync(join(root, "bin", "kustomize"), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    rmSync(join(root, "bin", "kustomize"));
    writeFileSync(join(root, "built.yaml"), bad);
    program(`test "$1 $2" = "build ${join(root, "k")}" && cat ${join(root, "built.yaml")}`);
    const invocation = {
      workingDirectory: root,
      environment: { PATH: `${join(root, "bin")}:/bin:/usr/bin` },
    };
    const built = await invoke(["lint", "k"], invocation);
    assert.match(built.stdout.toString(), /^k\/kustomization\.yaml:7:20 error HK001/);
    writeFileSync(join(root, "k", "a.yaml"), bad);
    const mended = await invoke(["lint", "--fix", "k"], invocation);
    assert.match(mended.stderr, /mended 1 in 1 file/, "what is built cannot be written");
    assert.equal(readFileSync(join(root, "k", "a.yaml"), "utf8"), bad.replace("1d", "24h"));
    program("echo broken >&2; exit 1");
    const failed = await invoke(["lint", "k"], invocation);
    assert.equal(failed.exitCode, 1);
    assert.match(failed.stderr, /kustomize build failed: broken/);
  });
});

describe("what it says", () => {
  test("where, what, the line and a mark below it", async () => {
    const { stdout } = await lint(withFiles({ "a.yaml": bad }), "a.yaml");
    assert.equal(
      stdout.toString(),
      [
        "a.yaml:7:20 error HK001 refresh-interval-unit (ExternalSecret joplin/app)",
        '  "1d" is no duration: the units are ns, us, ms, s, m and h [--fix]',
        "  7 |   refreshInterval: 1d",
        "    |                    ^^",
        "",
      ].join("\n"),
    );
  });

  test("nothing that could move a terminal's cursor", async () => {
    const root = withFiles({
      "a.yaml": externalSecret({ refresh: 'refreshInterval: "\u009b2J1d" # \u202e' }),
    });
    const { stdout } = await lint(root);
    assert(!/[\u0080-\u009f\u202e]/.test(stdout.toString()));
  });

  test("JSON, one object for each", async () => {
    const { stdout } = await lint(withFiles({ "a.yaml": bad }), "--json");
    const [one, ...more] = JSON.parse(stdout.toString());
    assert.deepEqual(
      [one.rule, one.severity, one.file, one.start],
      ["HK001", "error", "a.yaml", { line: 7, column: 20 }],
    );
    assert.deepEqual(more, []);
  });

  test("SARIF: each result points to its rule, its place, and its mending", async () => {
    const { stdout } = await lint(withFiles({ "a b.yaml": bad }), "-o", "sarif");
    const sarif = JSON.parse(stdout.toString());
    assert.equal(sarif.version, "2.1.0");
    const [run] = sarif.runs;
    const [result] = run.results;
    assert.equal(run.tool.driver.rules[result.ruleIndex].id, result.ruleId);
    assert.equal(result.level, "error");
    const { artifactLocation, region } = result.locations[0].physicalLocation;
    assert.equal(artifactLocation.uri, "a%20b.yaml");
    assert.deepEqual([region.startLine, region.startColumn, region.endColumn], [7, 20, 22]);
    const [replacement] = result.fixes[0].artifactChanges[0].replacements;
    const { charOffset, charLength } = replacement.deletedRegion;
    assert.equal(bad.slice(charOffset, charOffset + charLength), "1d");
    assert.equal(replacement.insertedContent.text, "24h");
    for (const { id, defaultConfiguration } of run.tool.driver.rules) {
      assert.match(id, /^HK\d{3}$/);
      assert(["error", "warning", "note"].includes(defaultConfiguration.level));
    }
  });

  test("rules and their pages", async () => {
    const rules = JSON.parse((await lint("/", "--rules", "--json")).stdout.toString());
    assert.equal(rules.length, 44);
    assert.match((await lint("/", "--explain", "hk012")).stdout.toString(), /^# HK012 literal-unquoted\n/);
    const lost = await lint("/", "--explain", "literal-unqoted");
    assert.match(lost.stderr, /did you mean literal-unquoted/);
  });
});

describe("exit codes", () => {
  test("by severity", async () => {
    const root = withFiles({ "a.yaml": remark });
    assert.equal((await lint(root)).exitCode, 0);
    assert.equal((await lint(root, "--fail-on", "warning")).exitCode, 0);
    assert.equal((await lint(root, "--fail-on", "info")).exitCode, 1);
    assert.equal((await lint(withFiles({ "a.yaml": clean }), "--fail-on", "info")).exitCode, 0);
  });

  test("what does not go together", async () => {
    for (const words of [
      ["--cluster", "a"],
      ["--cluster", "--fix"],
      ["--fix", "-"],
      ["--dry-run"],
      ["--context", "x"],
      ["--shared", "/a/*/b"],
    ]) {
      const { exitCode, stderr } = await lint(withFiles({ "a.yaml": clean }), ...words);
      assert.equal(exitCode, 1, words.join(" "));
      assert.match(stderr, /next: /);
    }
  });
});

describe("--fix", () => {
  test("writes the file, and only where something is mended", async () => {
    const root = withFiles({ "a.yaml": bad, "b.yaml": clean });
    const { exitCode, stderr } = await lint(root, "--fix");
    assert.equal(exitCode, 0);
    assert.match(stderr, /mended 1 in 1 file\n/);
    assert.equal(readFileSync(join(root, "a.yaml"), "utf8"), bad.replace("1d", "24h"));
    assert.equal(readFileSync(join(root, "b.yaml"), "utf8"), clean);
  });

  test("--dry-run prints a diff and writes nothing", async () => {
    const root = withFiles({ "a.yaml": bad });
    const { exitCode, stdout } = await lint(root, "--fix", "--dry-run");
    assert.equal(exitCode, 0);
    assert.match(stdout.toString(), /^--- a\/a\.yaml\n\+\+\+ b\/a\.yaml\n@@ -4,7 \+4,7 @@\n/);
    assert.match(stdout.toString(), /^- {2}refreshInterval: 1d\n\+ {2}refreshInterval: 24h$/m);
    assert.equal(readFileSync(join(root, "a.yaml"), "utf8"), bad);
  });

  test("what cannot be mended is still reported", async () => {
    const root = withFiles({ "a.yaml": externalSecret({ refresh: "refreshInterval: 1w" }) });
    const { exitCode, stdout } = await lint(root, "--fix");
    assert.equal(exitCode, 1);
    assert.match(stdout.toString(), /HK001/);
  });
});

test("--online looks at the items, and prints nothing of them", async () => {
  await using gateway = await GatewayDouble.start();
  gateway.items.set("/mdapi/joplin/app/password", ['{"user":"","other":"s3cret"}']);
  const root = withFiles({
    "a.yaml": externalSecret({
      data: "data:\n- secretKey: U\n  remoteRef:\n    key: /mdapi/joplin/app/password\n    property: user\n- secretKey: X\n  remoteRef:\n    key: /mdapi/joplin/app/absent",
    }),
  });
  const { stdout, stderr } = await invoke(["lint", "--online", "--json"], {
    workingDirectory: root,
    environment: gateway.environment,
  });
  assert.deepEqual(
    JSON.parse(stdout.toString()).map(({ rule }: { rule: string }) => rule),
    ["HK017"],
    stderr,
  );
  assert(!stdout.includes("s3cret"));
});

test("what is named twice is looked at once", async () => {
  const root = withFiles({ "a.yaml": bad });
  const { stdout } = await lint(root, ".", "a.yaml", "--json");
  assert.equal(JSON.parse(stdout.toString()).length, 1);
});
