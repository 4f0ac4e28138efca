import assert from "node:assert/strict";
import { test } from "node:test";
import { catalogue, loadAll } from "./catalogue.ts";
import { globalOptions } from "./globals.ts";
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
