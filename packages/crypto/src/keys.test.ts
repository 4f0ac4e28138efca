import assert from "node:assert/strict";
import { test } from "node:test";
import { deriveControlKeys, freshKeys } from "./keys.ts";
import { hex, vectors } from "./vectors.testing.ts";

test("the control key's keys agree with the vectors", () => {
  const keys = deriveControlKeys(hex(vectors.keys.control));
  for (const name of ["name", "hedge", "state"] as const)
    assert.equal(keys[name].toString("hex"), vectors.keys[name]);
});

test("fresh keys agree with the vectors, from 65 bytes of the context or from all of it", () => {
  const { r, x65, content, out } = vectors.fresh;
  for (const x of [hex(x65), Buffer.concat([hex(x65), Buffer.alloc(32, 7)])]) {
    const { dataKey, salt } = freshKeys(hex(vectors.keys.hedge), x, hex(content), hex(r));
    assert.equal(dataKey.toString("hex") + salt.toString("hex"), out);
  }
});

test("with repeated random numbers, another content or place still gives another key and salt", () => {
  const hedge = hex(vectors.keys.hedge);
  const x = Buffer.alloc(65);
  const random = Buffer.alloc(32);
  const all = [
    freshKeys(hedge, x, Buffer.from("a"), random),
    freshKeys(hedge, x, Buffer.from("b"), random),
    freshKeys(hedge, Buffer.alloc(65, 1), Buffer.from("a"), random),
    freshKeys(hedge, x, Buffer.from("a")),
  ];
  const seen = new Set(all.flatMap(({ dataKey, salt }) => [dataKey.toString("hex"), salt.toString("hex")]));
  assert.equal(seen.size, 8);
});
