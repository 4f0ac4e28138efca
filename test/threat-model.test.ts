import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

const root = join(import.meta.dirname, "..");

/** The rows of a page's table: number, what is claimed or attacked, and what shows it. */
function rowsOf(page: string, number: RegExp): { id: string; claim: string; shown: string }[] {
  const text = readFileSync(join(root, "docs", page), "utf8");
  return [...text.matchAll(/^\| ([^|]+?) \| (.+?) \| ([^|]+?) \|$/gm)]
    .map(([, id = "", claim = "", shown = ""]) => ({ id, claim, shown }))
    .filter(({ id }) => number.test(id));
}

/** `file`, or `file › part of a test's name`. */
function checkExists(shown: string): void {
  const [file = "", name] = shown.split(" › ");
  assert(existsSync(join(root, file)), `${file} does not exist`);
  if (name === undefined) return;
  const text = readFileSync(join(root, file), "utf8");
  assert(text.includes(name), `${file} has no test named ${JSON.stringify(name)}`);
}

describe("docs/threat-model.md", () => {
  const claims = rowsOf("threat-model.md", /^T-\d+$/);

  test("claims are numbered without a gap", () => {
    assert(claims.length > 30);
    assert.deepEqual(
      claims.map(({ id }) => id),
      claims.map((_, at) => `T-${at + 1}`),
    );
  });

  for (const { id, claim, shown } of claims) {
    if (!shown.startsWith("*by design*")) test(`${id} ${claim}: its test exists`, () => checkExists(shown));
  }
});

describe("docs/faults.md", () => {
  const text = readFileSync(join(root, "docs", "faults.md"), "utf8");
  const rows = [...text.matchAll(/^\| F(\d+) \| ([^|]+) \| [^|]*\| ([^|]+) \| .*\|$/gm)];

  test("every number from 1 to 34 is there", () => {
    const numbers = new Set(rows.map(([, number]) => Number(number)));
    assert.deepEqual(
      [...numbers],
      Array.from({ length: 34 }, (_, at) => at + 1),
    );
  });

  for (const [, number, fault = "", shown = ""] of rows) {
    if (!shown.startsWith("*")) test(`F${number} ${fault}: its test exists`, () => checkExists(shown));
  }
});

describe("docs/attacks.md", () => {
  const attacks = rowsOf("attacks.md", /^\d+(–\d+)?$/);

  test("every number from 1 to 64 is there", () => {
    const numbers = attacks.flatMap(({ id }) => {
      const [first = 0, last = first] = id.split("–").map(Number);
      return Array.from({ length: last - first + 1 }, (_, at) => first + at);
    });
    assert.deepEqual(
      numbers,
      Array.from({ length: 64 }, (_, at) => at + 1),
    );
  });

  for (const { id, claim, shown } of attacks) {
    if (!shown.startsWith("*")) test(`${id} ${claim}: its test exists`, () => checkExists(shown));
  }
});
