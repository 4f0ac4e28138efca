import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { closest } from "./closest.ts";

test("one slip of the finger is understood, another word is not", () => {
  const known = ["history", "get", "put", "get-tags", "rollback", "delete-item"];
  for (const [word, meant] of [
    ["histroy", "history"],
    ["histori", "history"],
    ["hist", "history"],
    ["gte", "get"],
    ["roll-back", "rollback"],
    ["delet-item", "delete-item"],
    ["xyzzy", undefined],
    ["a", undefined],
    ["", undefined],
  ] as const) {
    assert.equal(closest(word, known), meant, word);
  }
});

test("a known word is its own closest, and a swap of neighbours is one mistake", () => {
  const word = fc.string({ minLength: 3, maxLength: 20 });
  fc.assert(
    fc.property(word, fc.nat(), (known, place) => {
      assert.equal(closest(known, ["…", known]), known);
      const at = place % (known.length - 1);
      const swapped = known.slice(0, at) + known[at + 1] + known[at] + known.slice(at + 2);
      assert.equal(closest(swapped, [known]), known);
    }),
  );
});

test("names as long as a path's parts may be cost little", () => {
  const names = Array.from({ length: 2000 }, (_, at) => `${"x".repeat(240)}${at}`);
  const begun = performance.now();
  closest("y".repeat(245), names);
  assert(performance.now() - begun < 1000);
});
