import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readsOf } from "@halfkey/manifests";
import { ReadsIndex } from "./reads-index.ts";

function reads(spec: object) {
  return readsOf({ kind: "ExternalSecret", spec: { secretStoreRef: { name: "s" }, ...spec } });
}

const key = (path: string) => reads({ data: [{ secretKey: "a", remoteRef: { key: path } }] });
const find = (what: object) => reads({ dataFrom: [{ find: what }] });

describe("who reads an item", () => {
  const index = new ReadsIndex();
  index.put("exact", key("/mdapi/a/b"));
  index.put("without-slash", key("mdapi/a/b"));
  index.put("extract", reads({ dataFrom: [{ extract: { key: "/mdapi/a/b" } }] }));
  index.put("longer", key("/mdapi/a/bc"));
  index.put("folder", find({ path: "/mdapi/a", name: { regexp: ".*" } }));
  index.put("name", find({ name: { regexp: "b$" } }));
  index.put("tag", find({ tags: { environment: "production" } }));
  index.put("refused", key("/mdapi//b"));
  index.put("nothing", []);

  it("finds names, folders, expressions, and no others", () => {
    assert.deepEqual(
      [...index.readersOf({ path: "/mdapi/a/b", tags: [] })].sort(),
      ["exact", "extract", "folder", "name", "without-slash"].sort(),
    );
  });

  it("finds by tag, whatever the path", () =>
    assert.deepEqual([...index.readersOf({ path: "/x", tags: ["production"] })], ["tag"]));

  it("finds nobody for what nobody reads", () =>
    assert.deepEqual([...index.readersOf({ path: "/mdapi/ab/c", tags: ["test"] })], []));

  it("forgets what no longer counts", () => {
    index.put("exact", key("/mdapi/new"));
    index.remove("name");
    index.remove("never-there");
    assert(!index.readersOf({ path: "/mdapi/a/b", tags: [] }).has("exact"));
    assert(!index.readersOf({ path: "/mdapi/a/b", tags: [] }).has("name"));
    assert(index.readersOf({ path: "/mdapi/new", tags: [] }).has("exact"));
  });
});
