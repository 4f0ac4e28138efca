import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { generatedPages, leftOverPages } from "../scripts/generate-docs.ts";

for (const [file, text] of generatedPages()) {
  test(`${file} says what its sources say`, () => {
    assert.equal(readFileSync(join(import.meta.dirname, "..", file), "utf8"), text, "run `npm run docs`");
  });
}

test("no page of a command or rule that is gone", () => assert.deepEqual(leftOverPages(), []));
