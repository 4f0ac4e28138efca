import assert from "node:assert/strict";
import { test } from "node:test";
import { CallerError, parseFolder, parseItemPath } from "@halfkey/model";
import fc from "fast-check";
import { movesOf } from "./move-objects.ts";

const segment = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 2 });
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
const everything = () => true;

test("a move takes what lies at or below its source, and nothing that only begins alike", () => {
  fc.assert(
    fc.property(fc.uniqueArray(path, { maxLength: 30 }), path, path, (paths, source, target) => {
      const items = paths.map((one) => ({ path: one }));
      const moves = movesOf(parseFolder(source), parseFolder(target), items, everything);
      const taken = paths.filter((one) => one === source || one.startsWith(`${source}/`)).sort();
      assert.deepEqual(
        moves.map(({ from }) => from),
        taken,
      );
      for (const { from, to } of moves) {
        assert.equal(to, target + from.slice(source.length));
        assert.equal(parseItemPath(to), to);
      }
      assert.equal(new Set(moves.map(({ to }) => to)).size, moves.length, "no two go to one place");
    }),
  );
});

test("to the root, an item keeps its name and a folder what is in it", () => {
  const items = [{ path: "/a/b" }, { path: "/a/b/c" }, { path: "/a/bc" }];
  assert.deepEqual(movesOf("/a/b/", "/", items, everything), [
    { from: "/a/b", to: "/b" },
    { from: "/a/b/c", to: "/c" },
  ]);
});

test("what cannot be seen is not moved, and no refusal speaks of it", () => {
  const hidden = `/a/${"h".repeat(200)}`;
  const target = parseFolder(`/t${"/x".repeat(30)}`);
  const items = [{ path: "/a/seen" }, { path: hidden }, { path: `${hidden}/deep` }];
  const moves = movesOf("/a/", target, items, (one) => one === "/a/seen");
  assert.deepEqual(moves.length, 1);
  assert.throws(() => movesOf("/a/", target, items, everything), CallerError);
});
