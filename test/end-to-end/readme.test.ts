// The README's first steps and its tour, typed as they stand there. The folder looks like the project's own to
// `npx` and to `halfkey`: dependencies, and the data of a running product in `.halfkey`.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { type Product, startProduct } from "../support/product.ts";

const root = join(import.meta.dirname, "..", "..");
const readme = readFileSync(join(root, "README.md"), "utf8");

let product: Product;
let folder: string;
before(async () => {
  product = await startProduct();
  folder = mkdtempSync(join(tmpdir(), "halfkey-readme-"));
  copyFileSync(join(root, "package.json"), join(folder, "package.json"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  symlinkSync(product.dataDir, join(folder, ".halfkey"));
});
after(async () => {
  await product?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What somebody sees who types this: both streams, as they come. */
async function type(script: string): Promise<{ exitCode: number; seen: string }> {
  const child = spawn("bash", ["-e", "-o", "pipefail", "-c", `exec 2>&1\n${script}`], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      HALFKEY_HOME: join(folder, "home"),
      HALFKEY_DATA: product.dataDir,
      // What is not there would be fetched otherwise, and hide that it is missing.
      npm_config_offline: "true",
      npm_config_update_notifier: "false",
    },
  });
  const ended = once(child, "close");
  const seen = await text(child.stdout);
  const [exitCode] = await ended;
  return { exitCode, seen };
}

/** The fenced blocks below a heading, without the indentation of a list. */
function blocksBelow(heading: string, language: string): string[] {
  const start = readme.indexOf(`\n## ${heading}\n`);
  assert(start >= 0, `the README has a section ${heading}`);
  const end = readme.indexOf("\n## ", start + 1);
  const section = readme.slice(start, end === -1 ? undefined : end);
  const fences = section.matchAll(/^( *)```(\w+)\n([\s\S]*?)\n *```$/gm);
  return [...fences]
    .filter(([, , found]) => found === language)
    .map(([, indent = "", , block = ""]) => block.replaceAll(`\n${indent}`, "\n").slice(indent.length));
}

/** `$ command` lines, each with what is shown below it. */
function stepsOf(block: string): { command: string; shown: string }[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const end = step.indexOf("\n");
      return end === -1
        ? { command: step, shown: "" }
        : { command: step.slice(0, end), shown: step.slice(end + 1).replace(/\n?$/, "\n") };
    });
}

/** `…` stands for anything on a line, and the width of a column for any other. */
function pattern(shown: string): RegExp {
  const line = shown
    .split(/…/)
    .map((part) => RegExp.escape(part).replace(/(\\x20){2,}/g, " +"))
    .join(".*");
  return new RegExp(`^${line}$`);
}

describe("five minutes to a first secret", () => {
  const blocks = blocksBelow("Five minutes to a first secret", "sh");

  test("there are steps", () => assert.equal(blocks.length, 3));
  for (const [at, block] of blocks.entries()) {
    test(`step ${at + 2}`, async () => {
      const { exitCode, seen } = await type(block);
      assert.equal(exitCode, 0, seen);
      if (at === 0) assert(readme.includes(`It answers \`${seen.trim()}\``), seen);
      if (at === 1) {
        assert.match(seen, /^correct horseupdated .*, version 2\ncorrect horsePATH /);
        assert.match(seen, /\/mdapi\/demo\/greeting\/text +STATIC_SECRET +2 /);
      }
      if (at === 2) assert.equal(seen, "nothing found\n");
    });
  }

  test("the search for it finds what is there", async () => {
    const { seen } = await type("grep -rl -e 'listening' .halfkey/");
    assert.match(seen, /logs/);
  });
});

describe("the tour", () => {
  const steps = blocksBelow("A tour", "console").flatMap(stepsOf);

  test("shows every command that it should", () => {
    for (const verb of [
      "put",
      "get",
      "history",
      "diff",
      "rollback",
      "move",
      "delete",
      "undelete",
      "audit tail",
    ]) {
      assert(
        steps.some(({ command }) => command.includes(`npx halfkey ${verb} `)),
        verb,
      );
    }
  });
  for (const { command, shown } of steps) {
    test(command, async () => {
      const { exitCode, seen } = await type(command);
      assert.match(seen.replace(/\n?$/, "\n"), pattern(shown));
      assert.equal(exitCode, shown.startsWith("halfkey: ") ? 2 : 0);
    });
  }
});
