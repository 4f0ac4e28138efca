import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { diffFields, diffLines } from "./value-diff.ts";

test("fields within fields, by their whole names", () => {
  const before = `{"db":{"user":"u","password":"a"},"port":1,"old":true}`;
  const after = `{"port":1,"db":{"password":"b","user":"u"},"new":[1]}`;
  assert.deepEqual(diffFields(before, after), [
    { field: "db.password", change: "changed", before: `"a"`, after: `"b"` },
    { field: "db.user", change: "unchanged", before: `"u"`, after: `"u"` },
    { field: "new", change: "added", after: "[1]" },
    { field: "old", change: "removed", before: "true" },
    { field: "port", change: "unchanged", before: "1", after: "1" },
  ]);
});

test("numbers that differ beyond what a double holds are different", () => {
  const [field] = diffFields(`{"id":12345678901234567890}`, `{"id":12345678901234567891}`) ?? [];
  assert.equal(field?.change, "changed");
});

test("only objects have fields", () => {
  for (const text of ["", "x", "1", "[1]", "null", `"{}"`]) {
    assert.equal(diffFields(text, "{}"), undefined);
    assert.equal(diffFields("{}", text), undefined);
  }
});

test("a value compared with itself has no change, and no line goes or comes", () => {
  const json = fc.dictionary(fc.string(), fc.jsonValue()).map((some) => JSON.stringify(some));
  fc.assert(
    fc.property(json, (some) => {
      assert(diffFields(some, some)?.every(({ change }) => change === "unchanged"));
      assert.deepEqual(diffLines(some, some), { removed: [], added: [] });
    }),
  );
});

test("lines: what went and what came, between what both share", () => {
  const lines = fc.array(fc.constantFrom<string>("a", "b", ""), { minLength: 1 });
  fc.assert(
    fc.property(lines, lines, (old, young) => {
      const { removed, added } = diffLines(old.join("\n"), young.join("\n"));
      const start = old.findIndex((line, at) => line !== young[at]);
      const from = start === -1 ? Math.min(old.length, young.length) : start;
      assert.deepEqual(
        old.toSpliced(Math.min(from, old.length - removed.length), removed.length, ...added),
        young,
      );
    }),
  );
  assert.deepEqual(diffLines("a\nb\nc", "a\nx\ny\nc"), { removed: ["b"], added: ["x", "y"] });
});
