import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { lineDiff } from "./line-diff.ts";

/** As `patch` does it. */
function applied(before: string, diff: string): string {
  const old = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const result: string[] = [];
  let at = 0;
  const lines = diff.match(/[^\n]*\n/g) ?? [];
  for (const [index, line] of lines.slice(2).entries()) {
    const head = /^@@ -(\d+)(?:,(\d+))? \+/.exec(line);
    const bare = lines[index + 3]?.startsWith("\\") ? line.slice(1, -1) : line.slice(1);
    if (head) {
      const start = Number(head[1]) - (head[2] === "0" ? 0 : 1);
      result.push(...old.slice(at, start));
      at = start;
    } else if (line.startsWith("+")) {
      result.push(bare);
    } else if (line.startsWith(" ") || line.startsWith("-")) {
      assert.equal(bare, old[at], "the diff speaks of lines that are there");
      if (line.startsWith(" ")) result.push(bare);
      at += 1;
    }
  }
  return [...result, ...old.slice(at)].join("");
}

test("a diff applied to the old text gives the new one", () => {
  const line = fc.constantFrom("a", "b", "c", "", "  d");
  const text = fc
    .tuple(fc.array(line, { maxLength: 40 }), fc.boolean())
    .map(([lines, ends]) => lines.join("\n") + (ends && lines.length > 0 ? "\n" : ""));
  fc.assert(
    fc.property(text, text, (before, after) => {
      assert.equal(applied(before, lineDiff("x", before, after)), after);
    }),
    { numRuns: 1000 },
  );
});

test("no difference, no diff", () => assert.equal(lineDiff("x", "a\n", "a\n"), ""));
