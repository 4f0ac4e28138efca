import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { printable, printableJson, printableValue } from "./printable.ts";

// Enough that anything a terminal obeys turns up often.
const text = fc
  .string({ unit: "binary" })
  .chain((some) =>
    fc
      .array(fc.constantFrom(...["\u001b", "\r", "\n", "\u0085", "\u202e", "\u2028", "\u0007", some]))
      .map((parts) => parts.join("")),
  );

test("a line has no character that a terminal obeys", () => {
  fc.assert(
    fc.property(text, (some) => assert.doesNotMatch(printable(some), /[\p{Cc}\u2028\u2029\u202a-\u202e]/u)),
  );
});

test("a value keeps its line breaks and tabs, and what is harmless", () => {
  fc.assert(
    fc.property(text, (some) =>
      assert.doesNotMatch(printableValue(some), /(?![\n\t])[\p{Cc}\u202a-\u202e]/u),
    ),
  );
  assert.equal(printableValue("é\t\n\u{1F511}"), "é\t\n\u{1F511}");
});

test("JSON parses to the same", () => {
  fc.assert(fc.property(text, (some) => assert.deepEqual(JSON.parse(printableJson({ some })), { some })));
});
