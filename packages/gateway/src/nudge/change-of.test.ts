import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ItemRecord, RoleRecord } from "@halfkey/model";
import { changeOf } from "./change-of.ts";

const version = { v: 1, blob: "b1", len: 1, sha: "", wrap: "w", created: 0, by: "p" };
const item: ItemRecord = {
  t: "item",
  n: 1,
  path: "/a/b",
  type: "static",
  subType: "generic",
  format: "text",
  itemId: 7,
  created: 0,
  modified: 0,
  description: "",
  tags: ["x"],
  last: 1,
  versions: [version],
};
const role: RoleRecord = {
  t: "role",
  n: 1,
  name: "r",
  description: "",
  created: 0,
  modified: 0,
  admin: false,
  rules: [],
  associations: [],
};

describe("what a record's change means for readers", () => {
  const here = { path: "/a/b", tags: ["x"] };

  it("a value, a state, a birth and a death change the item", () => {
    const next = { ...item, versions: [version, { ...version, v: 2, blob: "b2" }] };
    for (const [before, after] of [
      [item, next],
      [next, item],
      [item, { ...item, disabled: true as const }],
    ])
      assert.deepEqual(changeOf(before, after), { items: [here, here] });
    assert.deepEqual(changeOf(undefined, item), { items: [here] });
    assert.deepEqual(changeOf(item, undefined), { items: [here] });
  });

  it("tags count as they were and as they are", () =>
    assert.deepEqual(changeOf(item, { ...item, tags: ["y"] }), { items: [here, { ...here, tags: ["y"] }] }));

  it("sealed anew, or described otherwise, it reads the same", () => {
    assert.equal(changeOf(item, { ...item, n: 9, versions: [{ ...version, wrap: "other" }] }), undefined);
    assert.equal(changeOf(item, { ...item, modified: 9, description: "new" }), undefined);
    assert.equal(changeOf(role, { ...role, n: 9, modified: 9 }), undefined);
  });

  it("a role may open what was closed", () => {
    assert.equal(changeOf(role, { ...role, admin: true }), "policy");
    assert.equal(changeOf(undefined, role), "policy");
  });

  it("nothing else concerns readers", () => {
    assert.equal(changeOf(undefined, { t: "gone", n: 1, byte: "00", ids: {} }), undefined);
    assert.equal(changeOf(undefined, undefined), undefined);
  });
});
