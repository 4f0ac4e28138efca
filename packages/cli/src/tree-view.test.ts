import assert from "node:assert/strict";
import { test } from "node:test";
import { itemView } from "./item-view.ts";
import { drawTree, growTree } from "./tree-view.ts";

const items = (...paths: string[]) =>
  paths.map((path, at) => itemView({ item_name: path, last_version: at + 1 }));

test("folders, items, and a path that is both", () => {
  const root = growTree("/mdapi", items("/mdapi/b/x", "/mdapi/a", "/mdapi/b", "/mdapi/b/y/z"));
  assert.equal(
    drawTree(root, Number.POSITIVE_INFINITY),
    `/mdapi
├── a  v2
└── b/  v3
    ├── x  v1
    └── y/
        └── z  v4

2 folders, 4 items
`,
  );
  assert.equal(drawTree(root, 1), "/mdapi\n├── a  v2\n└── b/  v3  (2 items)\n\n2 folders, 4 items\n");
});

test("every spelling of the folder is the same; names cannot move the cursor", () => {
  const found = items("/e\u0301/x".normalize("NFC"));
  for (const folder of ["e\u0301", "/e\u0301/", "/\u00e9"]) {
    assert.equal(growTree(folder, found).children[0]?.name, "x", folder);
  }
  assert.equal(growTree("/", items("/a")).name, "/");
  assert.match(drawTree(growTree("/", items("/a\u001b[2J")), 9), /a\\u\{1b\}\[2J/);
});

test("names that every object has", () => {
  const root = growTree("/", items("/__proto__/constructor", "/toString"));
  assert.deepEqual(
    root.children.map(({ name }) => name),
    ["__proto__", "toString"],
  );
});
