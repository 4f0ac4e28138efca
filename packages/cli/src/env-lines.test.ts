import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { CliError } from "./cli-error.ts";
import { envLines } from "./env-lines.ts";

/** What a POSIX shell has in a variable after it has read the lines. */
function readByShell(lines: string, name: string): string {
  const script = `${lines}printf %s "$${name}"`;
  return execFileSync("sh", ["-c", script], { encoding: "utf8", env: { PATH: process.env.PATH } });
}

test("a shell reads every value as it is, and runs nothing of it", () => {
  const hostile = fc.constantFrom(
    "$(exit 3)",
    "`exit 3`",
    "'",
    "\\",
    "\n",
    '"',
    "$HOME",
    "; exit 3",
    "#",
    "!x",
  );
  const value = fc.array(fc.oneof(hostile, fc.string({ unit: "grapheme" }))).map((parts) => parts.join(""));
  fc.assert(
    fc.property(
      value.filter((some) => !some.includes("\0") && some.isWellFormed()),
      (some) => assert.equal(readByShell(envLines("/x", JSON.stringify({ V: some })), "V"), some),
    ),
    { numRuns: 50 },
  );
});

test("fields keep their names and their digits; a text takes the path's last part", () => {
  assert.equal(
    envLines("/a/db", `{"USER":"u","port":5432,"id":12345678901234567890,"deep":{"n":1.10}}`),
    `USER='u'\nport='5432'\nid='12345678901234567890'\ndeep='{"n":1.10}'\n`,
  );
  assert.equal(envLines("/mdapi/joplin/tsig-secret-key", "k'ey\n"), `TSIG_SECRET_KEY='k'\\''ey\n'\n`);
});

test("what a variable cannot hold, or must not set, is refused without the value", () => {
  for (const value of [
    `{"LD_PRELOAD":"hunter2"}`,
    `{"PATH":"hunter2"}`,
    `{"BASH_ENV":"hunter2"}`,
    `{"NODE_OPTIONS":"hunter2"}`,
    `{"HALFKEY_URL":"hunter2"}`,
    `{"a=b":"hunter2"}`,
    `{"a\\nb":"hunter2"}`,
    `{"":"hunter2"}`,
    `{"$(id)":"hunter2"}`,
    `{"A":"hunter2\\u0000"}`,
  ]) {
    assert.throws(
      () => envLines("/x", value),
      (error) => error instanceof CliError && !/hunter2/.test(error.message),
    );
  }
  for (const path of ["/a/path", "/a/9", "/a/é"]) assert.throws(() => envLines(path, "x"), CliError, path);
});
