import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { yamlText } from "./yaml-text.ts";

const misread = fc.constantFrom(
  "no",
  "1e3",
  "~",
  "null",
  "- a",
  "# x",
  "a: b",
  "2026-01-01",
  "0x10",
  "",
  " ",
  "&a",
);
const text = fc.oneof(fc.string({ unit: "binary" }), misread);
const data = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: "small" },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("node"), { maxLength: 4 }),
    fc.dictionary(text, tie("node"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).node;

test("a YAML parser reads back what was written", () => {
  fc.assert(
    fc.property(data, (some) => {
      assert.deepEqual(parse(yamlText(some), { uniqueKeys: true }), some);
    }),
  );
});

test("it looks as people write it", () => {
  const some = { path: "/a", tags: ["x", "no"], versions: [{ version: 2, by: null }], none: [], y: true };
  assert.equal(
    yamlText(some),
    `path: "/a"\ntags:\n  - "x"\n  - "no"\nversions:\n  - version: 2\n    by: null\nnone: []\n"y": true\n`,
  );
});
