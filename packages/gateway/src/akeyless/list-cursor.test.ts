import assert from "node:assert/strict";
import { test } from "node:test";
import { CallerError, type ItemRecord } from "@halfkey/model";
import fc from "fast-check";
import { listItems } from "../items/item-finder.ts";
import { cursorAfter, readCursor } from "./list-cursor.ts";

const segment = fc.string({
  unit: fc.constantFrom("a", "b", "Z", "0", "-", "\u00e9", "\u{1f511}"),
  minLength: 1,
  maxLength: 3,
});
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
const caller = { accessId: "p-1", tokenId: "", claims: {} };
const everything = { folder: "/", contains: "", tag: "", directOnly: false };
const itemAt = (name: string) => ({ path: name, tags: [] as string[] }) as unknown as ItemRecord;

test("a cursor leads to where it was made, and any other text to a refusal or to some place", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      if (name.isWellFormed()) assert.equal(readCursor(cursorAfter(name)), name);
    }),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.base64String(),
        fc.json().map((text) => btoa(encodeURI(text))),
      ),
      (token) => {
        try {
          assert.equal(typeof readCursor(token), "string");
        } catch (error) {
          assert(error instanceof CallerError && error.code === "E_INPUT", String(error));
        }
      },
    ),
  );
  for (const token of ["x", "e30=", btoa('{"i":1}'), btoa("null"), btoa('{"__proto__":{"i":"/"}}')])
    assert.throws(() => readCursor(token), CallerError);
});

test("the pages together are the whole list, each item once, whatever comes and goes in between", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(path, { maxLength: 40 }),
      fc.array(path, { maxLength: 10 }),
      fc.integer({ min: 1, max: 7 }),
      (names, others, size) => {
        const items = new Map(names.map((name) => [name, itemAt(name)]));
        const constant = new Set(names.filter((name) => !others.includes(name)));
        const access = { allows: () => true };
        const seen: string[] = [];
        let cursor = "";
        for (let page = 0; ; page += 1) {
          const found = listItems({ access, items: items.values() }, caller, everything, {
            after: readCursor(cursor),
            size,
          });
          assert(found.items.length <= size);
          seen.push(...found.items.map((item) => item.path));
          if (!found.more) break;
          cursor = cursorAfter(found.items.at(-1)?.path ?? "");
          const other = others[page % Math.max(1, others.length)];
          if (other !== undefined && !items.delete(other)) items.set(other, itemAt(other));
        }
        assert.deepEqual(seen, [...seen].sort(), "in order");
        assert.equal(new Set(seen).size, seen.length, "each once");
        assert.deepEqual(
          seen.filter((name) => constant.has(name)),
          [...constant].sort(),
        );
      },
    ),
  );
});

test("a page shows only what its caller may list, whatever the cursor", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(path, { maxLength: 30 }),
      fc.array(path),
      fc.string(),
      (names, allowed, after) => {
        const access = {
          allows: (_caller: unknown, _wanted: unknown, name: string) => allowed.includes(name),
        };
        const items = names.map(itemAt);
        const found = listItems({ access, items }, caller, everything, { after, size: 5 });
        for (const item of found.items) assert(allowed.includes(item.path) && item.path > after);
      },
    ),
  );
});
