// The programs as npm links them: they must also say something sensible under the Node of somebody else.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";

const packages = join(import.meta.dirname, "..", "packages");

/** Runs a program with a HALFKEY_HOME of its own, perhaps under a Node that says it is another. */
function runProgram(file: string, args: string[], options: { home: string; pretend?: string }) {
  const versions = `{ value: { ...process.versions, node: "${options.pretend}" } }`;
  const module = `Object.defineProperty(process, "versions", ${versions})`;
  const pretend = options.pretend ? ["--import", `data:text/javascript,${encodeURIComponent(module)}`] : [];
  return spawnSync(process.execPath, [...pretend, file, ...args], {
    encoding: "utf8",
    env: { PATH: process.env.PATH, HALFKEY_HOME: options.home },
  });
}

for (const name of ["cli", "vault", "gateway"]) {
  const { bin } = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
  const [[program, relative]] = Object.entries(bin) as [[string, string]];
  const file = join(packages, name, relative);

  describe(program, () => {
    test("can be executed, and is JavaScript that needs no new Node to be read", () => {
      assert.match(file, /\.mjs$/);
      assert(readFileSync(file, "utf8").startsWith("#!/usr/bin/env node\n"));
      assert.notEqual(statSync(file).mode & 0o111, 0);
    });

    test("says in one sentence what an older Node should do", () => {
      for (const pretend of ["20.20.2", "25.9.0"]) {
        const { status, stdout, stderr } = runProgram(file, ["--help"], { home: "/nonexistent", pretend });
        assert.deepEqual([status, stdout], [1, ""]);
        assert.match(
          stderr,
          new RegExp(`^${program}: needs Node 26, and this is ${pretend}: .*npx ${program}.*\n$`),
        );
      }
    });

    test("keeps its compiled code where only its user can write, and runs without", () => {
      const home = mkdtempSync(join(tmpdir(), "halfkey-home-"));
      try {
        assert.equal(runProgram(file, ["--help"], { home }).status, 0);
        assert.equal(statSync(join(home, "cache")).mode & 0o777, 0o700);
        assert.notEqual(readdirSync(join(home, "cache")).length, 0);
      } finally {
        rmSync(home, { recursive: true });
      }
      assert.equal(runProgram(file, ["--help"], { home: "/dev/null/home" }).status, 0);
    });
  });
}
