// The scripts in the shells they are for, with a `halfkey` that only records and answers.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { zshScript } from "./zsh.ts";

/** Runs a script of a shell in a folder with a `halfkey` that prints `answer` and keeps what it was asked. */
async function runShell(shell: string, script: string, answer: string) {
  await using folder = await mkdtempDisposable(join(tmpdir(), "halfkey-shell-"));
  const at = (name: string) => join(folder.path, name);
  writeFileSync(at("answer"), answer);
  writeFileSync(at("halfkey"), `#!/bin/sh\nprintf '%s\\n' "$@" > ${at("asked")}\ncat ${at("answer")}\n`);
  chmodSync(at("halfkey"), 0o755);
  const done = spawnSync(shell, [...(shell === "zsh" ? ["-f"] : []), "-c", script], {
    cwd: folder.path,
    encoding: "utf8",
    env: { PATH: `${folder.path}:${process.env.PATH}`, HOME: folder.path, TERM: "dumb" },
  });
  assert.equal(done.stderr, "", shell);
  const asked = existsSync(at("asked")) ? readFileSync(at("asked"), "utf8").split("\n").slice(0, -1) : [];
  return { output: done.stdout, asked, hasRun: existsSync(at("pwned")) };
}

const missing = (shell: string) =>
  spawnSync(shell, ["-c", "true"]).status === 0 ? false : `${shell} is not on this machine`;
const hostile = "/demo/a b/\n/demo/$(touch pwned)\n/demo/`touch pwned`\n/demo/;touch pwned\n";

/** The words of the line, and then what was proposed, one a line. */
const bashTrial = (words: string) => `${bashScript}
compopt() { echo "compopt $*"; }
COMP_WORDS=(halfkey ${words}); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
_halfkey
printf '%s\\n' "\${COMPREPLY[@]}"`;

test("bash quotes what it inserts", { skip: missing("bash") }, async () => {
  const { output, asked, hasRun } = await runShell("bash", bashTrial("get /demo/"), hostile);
  assert.deepEqual(asked, ["__complete", "bash", "--", "get", "/demo/"]);
  assert.deepEqual(output.split("\n").slice(0, -1), [
    "/demo/a\\ b/",
    "/demo/\\$\\(touch\\ pwned\\)",
    "/demo/\\`touch\\ pwned\\`",
    "/demo/\\;touch\\ pwned",
  ]);
  assert.equal(hasRun, false);
});

test("bash: no space behind a folder, files where files are meant, nothing for nothing", {
  skip: missing("bash"),
}, async () => {
  assert.match(
    (await runShell("bash", bashTrial("get /d"), "/demo/\n")).output,
    /^compopt -o nospace\n\/demo\/\n$/,
  );
  assert.match(
    (await runShell("bash", bashTrial("put --value-file ''"), ":files\n")).output,
    /^compopt -o default\n/,
  );
  assert.equal((await runShell("bash", bashTrial("get /x"), "")).output.trim(), "");
  const spaces = await runShell("bash", bashTrial("get '/a\\ b/'"), "");
  assert.equal(spaces.asked.at(-1), "/a b/");
});

test("zsh is given whole words, folders without a space", { skip: missing("zsh") }, async () => {
  const script = `compdef() { :; }
${zshScript}
compadd() { printf '<%s>' "$@"; echo }
_files() { echo files }
words=(halfkey get '/a\\ b'); CURRENT=3
_halfkey`;
  const { output, asked, hasRun } = await runShell("zsh", script, hostile);
  assert.deepEqual(asked, ["__complete", "zsh", "--", "get", "/a b"]);
  assert.match(output, /^<-S><><--><\/demo\/a b\/>\n<--><\/demo\/\$\(touch pwned\)>/);
  assert.equal(hasRun, false);
  assert.equal((await runShell("zsh", script, ":files\n")).output, "files\n");
  assert.equal((await runShell("zsh", script, "")).output, "");
});

test("fish", { skip: missing("fish") }, async () => {
  const script = `${fishScript}\ncomplete -C 'halfkey get /a\\ b'`;
  const { output, asked, hasRun } = await runShell("fish", script, "/a b/\n/a bc\n");
  assert.deepEqual(asked, ["__complete", "fish", "--", "get", "/a b"]);
  assert.deepEqual(output.split("\n").filter(Boolean), ["/a b/", "/a bc"]);
  assert.equal(hasRun, false);
});
