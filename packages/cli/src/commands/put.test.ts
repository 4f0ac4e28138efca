import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { GatewayDouble, refuse } from "../testing/gateway-double.ts";
import { invoke } from "../testing/invoke.ts";

const path = "/mdapi/joplin/tsig-secret/tsig-secret-key";

test("creates, then updates, and prints the version", async () => {
  await using double = await GatewayDouble.start();
  const { environment } = double;
  const first = await invoke(["put", path], { environment, input: "one" });
  assert.deepEqual(
    [first.exitCode, first.stdout.toString(), first.stderr],
    [0, `created ${path}, version 1\n`, ""],
  );
  const second = await invoke(["put", path, "-o", "raw"], { environment, input: "two" });
  assert.deepEqual([second.exitCode, second.stdout.toString()], [0, "2\n"]);
  const third = await invoke(["--json", "put", path], { environment, input: "three" });
  assert.deepEqual(JSON.parse(third.stdout.toString()), { path, version: 3, created: false });
  assert.deepEqual(double.items.get(path), ["one", "two", "three"]);
});

test("a version in the gateway's answer saves the second question", async () => {
  await using double = await GatewayDouble.start();
  double.answers.set("create-secret", () => ({ body: { name: path, version: 1 } }));
  const put = await invoke(["put", path, "-o", "raw"], { environment: double.environment, input: "x" });
  assert.equal(put.stdout.toString(), "1\n");
  assert.deepEqual(double.commands(), ["auth", "create-secret"]);
});

test("--create-only and --cas 0 refuse what exists, --update-only what does not", async () => {
  await using double = await GatewayDouble.start();
  const { environment } = double;
  const absent = await invoke(["put", path, "--update-only"], { environment, input: "one" });
  assert.equal(absent.exitCode, 2);
  assert.match(absent.stderr, /code E_NOT_FOUND/);
  double.items.set(path, ["one"]);
  for (const flags of [["--create-only"], ["--cas", "0"]]) {
    const exists = await invoke(["put", path, ...flags], { environment, input: "two" });
    assert.equal(exists.exitCode, 2);
    assert.match(exists.stderr, /code E_EXISTS/);
  }
  assert.deepEqual(double.items.get(path), ["one"]);
  const both = await invoke(["put", path, "--create-only", "--cas", "2"], { environment, input: "two" });
  assert.equal(both.exitCode, 1);
});

test("--cas stores only on top of the version it names", async () => {
  await using double = await GatewayDouble.start();
  const { environment } = double;
  double.items.set(path, ["one", "two"]);
  const late = await invoke(["put", path, "--cas", "1"], { environment, input: "three" });
  assert.equal(late.exitCode, 2);
  assert.match(late.stderr, /code E_CONFLICT[\s\S]*next: Read the current version/);
  const right = await invoke(["put", path, "--cas", "2", "-o", "raw"], { environment, input: "three" });
  assert.deepEqual([right.exitCode, right.stdout.toString()], [0, "3\n"]);
});

test("bytes are kept: byte-order mark, line ends, no line break added", async () => {
  await using double = await GatewayDouble.start();
  const value = "\uFEFFa\r\nb\u0000\u{1F511}\n\n";
  await invoke(["put", path], { environment: double.environment, input: value });
  assert.equal(double.items.get(path)?.[0], value);
});

test("a single trailing line break is stored and remarked on", async () => {
  await using double = await GatewayDouble.start();
  const put = await invoke(["put", path], { environment: double.environment, input: "hello\n" });
  assert.equal(double.items.get(path)?.[0], "hello\n");
  assert.match(put.stderr, /note: the value ends with a line break/);
});

test("-v is literal and warned about; files are read; both together are a mistake", async () => {
  await using double = await GatewayDouble.start();
  await using folder = await mkdtempDisposable(join(tmpdir(), "halfkey-cli-"));
  writeFileSync(join(folder.path, "value"), "from a file");
  const surroundings = { environment: double.environment, workingDirectory: folder.path };
  const literal = await invoke(["put", path, "-v", "-"], surroundings);
  assert.equal(literal.exitCode, 0);
  assert.match(literal.stderr, /warning: other users can see the value/);
  await invoke(["put", path, "--value-file", "value"], surroundings);
  await invoke(["put", path, "--value-file", "-"], { ...surroundings, input: "from stdin" });
  await invoke(["put", path, "-v", ""], surroundings);
  assert.deepEqual(double.items.get(path), ["-", "from a file", "from stdin", ""]);
  assert.equal((await invoke(["put", path, "-v", "x", "--value-file", "value"], surroundings)).exitCode, 1);
  const missing = await invoke(["put", path, "--value-file", "none"], surroundings);
  assert.equal(missing.exitCode, 1);
  assert.match(missing.stderr, /ENOENT/);
});

test("what is not UTF-8, or empty, is refused before anything is sent", async () => {
  await using double = await GatewayDouble.start();
  const { environment } = double;
  const binary = await invoke(["put", path], { environment, input: Uint8Array.of(0x80, 0xff) });
  assert.equal(binary.exitCode, 1);
  assert.match(binary.stderr, /not UTF-8[\s\S]*base64/);
  const empty = await invoke(["put", path], { environment, input: "" });
  assert.equal(empty.exitCode, 1);
  assert.match(empty.stderr, /the value is empty/);
  assert.deepEqual(double.requests, []);
});

test("on a terminal the value is asked for and not echoed", async () => {
  await using double = await GatewayDouble.start();
  const put = await invoke(["put", path], {
    environment: double.environment,
    inputIsTty: true,
    input: "typed\n",
  });
  assert.equal(put.exitCode, 0, put.stderr);
  assert.equal(double.items.get(path)?.[0], "typed");
  assert.doesNotMatch(put.stderr + put.stdout, /typed/);
});

test("a refusal names what, where and what next, and never the value", async () => {
  await using double = await GatewayDouble.start();
  double.answers.set("create-secret", () =>
    refuse(401, "E_DENIED", "unauthorized access for p-double\u001b[2J"),
  );
  const put = await invoke(["put", path], { environment: double.environment, input: "hunter2" });
  assert.equal(put.exitCode, 2);
  assert.deepEqual(put.stderr.trimEnd().split("\n"), [
    "halfkey: unauthorized access for p-double\\u{1b}[2J",
    `  where: POST ${double.url}/akeyless-api/v2/create-secret, ${path}, request 00112233aabbccdd, code E_DENIED, status 401`,
    "  next: Ask for a role that covers the path; `halfkey explain <path>` names the deciding rule.",
    "  runbook: docs/runbooks/policy-denied.md",
  ]);
});
