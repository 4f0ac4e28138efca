import assert from "node:assert/strict";
import { test } from "node:test";
import { catalogue, loadAll } from "./catalogue.ts";
import { globalOptions } from "./globals.ts";
import { GatewayDouble } from "./testing/gateway-double.ts";
import { invoke } from "./testing/invoke.ts";

test("every command is in the catalogue under its name, with a summary of one line", async () => {
  const commands = await loadAll();
  assert.deepEqual(
    commands.map(({ name }) => name),
    Object.keys(catalogue),
  );
  for (const { summary, options } of commands) {
    assert.match(summary, /^[a-z][^\n]*[^.\n]$/);
    for (const name of Object.keys(options)) assert(!(name in globalOptions), `--${name} is global`);
    const shorts = Object.values(options).flatMap(({ short }) => short ?? []);
    assert.equal(new Set(shorts).size, shorts.length, "one letter, one option");
  }
});

test("no mistake on the command line repeats what may be a value", async () => {
  for (const words of [
    ["put", "/a", "hunter2"],
    ["put", "--valeu=hunter2"],
    ["put", "-phunter2"],
    ["put", "/a", "--cas", "hunter2"],
    ["get", "/a", "-o", "hunter2"],
  ]) {
    const { exitCode, stderr, stdout } = await invoke(words);
    assert.equal(exitCode, 1, words.join(" "));
    assert.match(stderr, /^halfkey: .+\n {2}next: halfkey (put|get) --help\n$/);
    assert.doesNotMatch(stderr + stdout, /hunter2/);
  }
});

test("help shows options, and not the hidden ones", async () => {
  const help = (await invoke(["get-secret-value", "--help"])).stdout.toString();
  assert.match(help, /-n, --name <NAME> +the item's path/);
  assert.match(help, /-o, --output <FORMAT> +how to print the result: raw, json or yaml/);
  assert.doesNotMatch(help, /accessibility|jq-expression/);
  // Its own -o is what move-objects means by it.
  assert.match((await invoke(["move-objects", "--help"])).stdout.toString(), /\n {2}--output <FORMAT>/);
});

test("a flag with =true, =false or an underscore; values are never touched", async () => {
  const format = async (...words: string[]) => (await invoke(["version", ...words])).stdout.toString()[0];
  assert.equal(await format("--json=true"), "{");
  assert.equal(await format("--json=false"), "h");
  assert.equal(await format("--no-creds-cleanup", "--output_curl=false"), "h");
  await using double = await GatewayDouble.start();
  const { environment } = double;
  await invoke(["put", "/a", "-v", "--json=false"], { environment });
  await invoke(["put", "/b", "--value=a_b=true"], { environment });
  await invoke(["put", "/c", "--value", "--delete_protection"], { environment });
  assert.deepEqual([...double.items.values()].flat(), ["--json=false", "a_b=true", "--delete_protection"]);
});

test("groups: what is missing, what there is", async () => {
  for (const words of [["tag"], ["tag", "--help"], ["help", "tag"]]) {
    const { exitCode, stdout } = await invoke(words);
    assert.deepEqual([exitCode, /tag add +attach/.test(stdout.toString())], [0, true], words.join(" "));
  }
  const wrong = await invoke(["tag", "drop", "/a"]);
  assert.equal(wrong.exitCode, 1);
  assert.match(wrong.stderr, /tag wants one of: add, remove, list/);
});

test("a mistyped command is guessed", async () => {
  for (const [word, meant] of [
    ["histroy", "history"],
    ["get-secret-valu", "get-secret-value"],
    ["rolback", "rollback"],
  ]) {
    assert.match((await invoke([word ?? ""])).stderr, new RegExp(`did you mean halfkey ${meant}\\?`));
  }
  assert.match((await invoke(["xyzzy"])).stderr, /next: halfkey --help/);
});

test("global options stand before or after the name", async () => {
  for (const words of [
    ["--output", "raw", "version"],
    ["version", "-o", "raw"],
    ["-o", "raw", "version"],
    ["version", "--output=raw"],
  ]) {
    const { exitCode, stdout } = await invoke(words);
    assert.deepEqual([exitCode, /^\d+\.\d+\.\d+\n$/.test(stdout.toString())], [0, true], words.join(" "));
  }
});

test("help in every form; a name that is none", async () => {
  for (const words of [[], ["--help"], ["-h"], ["help"]]) {
    const { exitCode, stdout } = await invoke(words);
    assert.equal(exitCode, 0);
    assert.match(stdout.toString(), /put +store a value/, words.join(" "));
  }
  for (const words of [
    ["put", "--help"],
    ["help", "put"],
    ["put", "-h"],
  ]) {
    assert.match(
      (await invoke(words)).stdout.toString(),
      /Usage: halfkey put \[options\] <path>[\s\S]*Examples:/,
    );
  }
  for (const word of ["--version", "-V", "-v"]) assert.equal((await invoke([word])).exitCode, 0);
  const unknown = await invoke(["toString"]);
  assert.equal(unknown.exitCode, 1);
  assert.match(unknown.stderr, /no command "toString"/);
});
