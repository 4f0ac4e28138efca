import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ItemRecord } from "@halfkey/model";
import fc from "fast-check";
import { listItems } from "./item-finder.ts";

const caller = { accessId: "p-a", tokenId: "", claims: {} };
const item = (path: string): ItemRecord => ({ path, tags: [] }) as unknown as ItemRecord;
const everything = { folder: "/", contains: "", tag: "", directOnly: false };

describe("what a list shows", () => {
  const items = ["/a/listed", "/a/read", "/b/hidden"].map(item);
  const access = {
    allows: (_: unknown, wanted: string, path: string) =>
      path === "/a/read" ? wanted === "read" || wanted === "list" : path === "/a/listed" && wanted === "list",
  };
  const pathsOf = (readable: boolean) =>
    listItems({ access: access as never, items }, caller, { ...everything, readable }).items.map(
      ({ path }) => path,
    );

  test("is what the caller may list", () => assert.deepEqual(pathsOf(false), ["/a/listed", "/a/read"]));
  test("for workloads is what they may read: one unreadable item fails a whole find", () =>
    assert.deepEqual(pathsOf(true), ["/a/read"]));
});

test("pages of any size, one after the other, give what the whole list gives", () => {
  const path = fc.stringMatching(/^\/[a-c]{1,2}\/[a-f]{1,3}$/);
  fc.assert(
    fc.property(fc.uniqueArray(path, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (paths, size) => {
      const parts = { access: { allows: () => true } as never, items: paths.map(item) };
      const whole = listItems(parts, caller, everything).items.map(({ path: one }) => one);
      const paged: string[] = [];
      for (let more = true; more; ) {
        const page = listItems(parts, caller, everything, { after: paged.at(-1) ?? "", size });
        assert(page.items.length <= size);
        paged.push(...page.items.map(({ path: one }) => one));
        more = page.more;
      }
      assert.deepEqual(paged, whole);
    }),
  );
});
