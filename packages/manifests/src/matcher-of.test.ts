import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { matcherOf } from "./matcher-of.ts";
import type { Find } from "./reads-of.ts";

const found = (find: Find, path: string, tags: string[] = []) =>
  matcherOf({ target: { find } })({ path, tags });
const read = (key: string, path: string) => matcherOf({ target: { key } })({ path, tags: [] });

describe("whether a manifest reads an item", () => {
  test("a key, in every spelling that the gateway takes", () => {
    assert(read("/mdapi/joplin/a", "/mdapi/joplin/a"));
    assert(read("mdapi/joplin/a", "/mdapi/joplin/a"));
    assert(read("/e\u0301", "/\u00e9"), "a decomposed letter");
    assert(!read("/mdapi/joplin/a", "/mdapi/joplin/ab"));
    assert(!read("/mdapi/joplin/../joplin/a", "/mdapi/joplin/a"), "refused by the gateway");
  });

  test("a path is a folder, with or without its slashes", () => {
    for (const path of ["mdapi/joplin", "/mdapi/joplin", "/mdapi/joplin/"]) {
      assert(found({ path, name: "" }, "/mdapi/joplin/deep/a"));
      assert(!found({ path, name: "" }, "/mdapi/joplin2/a"));
    }
    assert(found({ path: "", name: "" }, "/a"));
  });

  test("a name is an expression over the whole path, not anchored", () => {
    assert(found({ name: "lin/d" }, "/mdapi/joplin/db"));
    assert(found({ name: "^/mdapi/[a-z]+/db$" }, "/mdapi/joplin/db"));
    assert(!found({ name: "^db$" }, "/mdapi/joplin/db"));
    assert(found({ path: "/mdapi/joplin", name: "db$" }, "/mdapi/joplin/db"));
    assert(!found({ path: "/mdapi/gitlab", name: "db$" }, "/mdapi/joplin/db"));
  });

  test("expressions are RE2's", () => {
    assert(found({ name: "(?i)JOPLIN" }, "/mdapi/joplin/db"));
    assert(found({ name: "[[:alpha:]]{6}/" }, "/mdapi/joplin/db"));
    assert(!found({ name: "/[[:digit:]]/" }, "/mdapi/joplin/db"));
    assert(found({ name: "\\Q/db\\E\\z" }, "/mdapi/joplin/db"));
  });

  test("an expression that does not compile matches everything in the folder", () => {
    for (const name of ["(", "(?!a)", "\\1"]) {
      assert(found({ path: "/mdapi/joplin", name }, "/mdapi/joplin/db"));
      assert(!found({ path: "/mdapi/joplin", name }, "/mdapi/gitlab/db"));
    }
  });

  test("an expression made to take forever does not", () => {
    assert(!found({ name: "(a+)+$" }, `/${"a".repeat(250)}!`));
  });

  test("tags: any of the values, whatever their keys", () => {
    const tags = { env: "prod", team: "x" };
    assert(found({ tags }, "/a", ["x"]));
    assert(found({ tags }, "/a", ["other", "prod"]));
    assert(!found({ tags }, "/a", ["env"]));
    assert(!found({ path: "/b", tags }, "/a", ["x"]));
  });

  test("a name stands over tags, and neither finds nothing", () => {
    assert(found({ name: "a", tags: { env: "prod" } }, "/a"));
    assert(!found({}, "/a"));
    assert(!found({ path: "/a" }, "/a/b"));
  });
});
