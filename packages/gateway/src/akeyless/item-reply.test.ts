import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { displayId, itemIdOf } from "./item-reply.ts";

const itemId = fc.integer({ min: 1, max: 2 ** 48 - 1 });

test("a shown id leads back to its item, and no two items are shown alike", () => {
  fc.assert(fc.property(itemId, (id) => assert.equal(itemIdOf(displayId(id)), id)));
  fc.assert(fc.property(itemId, itemId, (a, b) => assert.equal(displayId(a) === displayId(b), a === b)));
});

test("any other text is no id, and none is read in two spellings", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ minLength: 10, maxLength: 10 })), (text) => {
      const id = itemIdOf(text);
      if (id !== undefined) assert.equal(displayId(id), text);
    }),
  );
  for (const text of ["", "AAAAAAAAAA", "aaaaaaaaa", "aaaaaaaaaaa", "aaaaaaaaa1", "aaaaaaaaa\n"])
    assert.equal(itemIdOf(text), undefined);
});
