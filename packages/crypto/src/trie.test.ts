import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sha256 } from "./primitives.ts";
import { Trie } from "./trie.ts";
import { hex, vectors } from "./vectors.testing.ts";

type Pair = [Uint8Array, Uint8Array];
const rootOf = (trie: Trie) => trie.root.toHex();

/** The definition, word for word, to hold the implementation against. */
function rootByDefinition(pairs: Pair[], depth = 0): Buffer {
  const [first] = pairs;
  if (first === undefined) return Buffer.alloc(32);
  if (pairs.length === 1) return sha256(Uint8Array.of(2), ...first);
  const side = (wanted: number) =>
    pairs.filter(([id]) => (((id[depth >> 3] as number) >> (7 - (depth & 7))) & 1) === wanted);
  return sha256(Uint8Array.of(3), rootByDefinition(side(0), depth + 1), rootByDefinition(side(1), depth + 1));
}

test("roots agree with the vectors, step by step", () => {
  let trie = Trie.empty;
  assert.equal(rootOf(trie), vectors.trie.empty);
  for (const { op, id, record_sha256, root } of vectors.trie.steps) {
    trie = op === "put" ? trie.put(hex(id), hex(record_sha256)) : trie.delete(hex(id));
    assert.equal(rootOf(trie), root);
  }
});

test("ids that share their first 20 bits agree with the vectors", () => {
  const { ids, record_sha256, root } = vectors.trie.deep;
  assert.equal(
    rootOf(Trie.from(ids.map((id: string, at: number) => [hex(id), hex(record_sha256[at])]))),
    root,
  );
});

// Few different bytes at few places, so that prefixes are shared, up to the last bit.
const anyId = fc
  .tuple(fc.constantFrom(0, 31), fc.constantFrom(0, 1, 2, 128), fc.nat(15))
  .map(([at, byte, last]) =>
    Uint8Array.from({ length: 32 }, (_, i) => (i === at ? byte : i === 30 ? last : 0)),
  );
const anyValue = fc.nat(255).map((byte) => new Uint8Array(32).fill(byte));
const anyPairs = fc.array(fc.tuple(anyId, anyValue), { maxLength: 30 });

const contentOf = (pairs: Pair[]) => [...new Map(pairs.map((pair) => [pair[0].toHex(), pair])).values()];

test("the root is the one of the definition, however the trie came about", () => {
  fc.assert(
    fc.property(anyPairs, anyPairs, (pairs, passing) => {
      const content = contentOf(pairs);
      const root = rootByDefinition(content).toHex();
      assert.equal(rootOf(Trie.from(pairs)), root);
      const build = (list: Pair[], from = Trie.empty) => list.reduce((trie, pair) => trie.put(...pair), from);
      assert.equal(rootOf(build(pairs)), root);
      assert.equal(rootOf(build(content.toReversed())), root);
      // Ids that came and went leave nothing behind.
      const kept = new Set(content.map(([id]) => id.toHex()));
      const others = contentOf(passing).filter(([id]) => !kept.has(id.toHex()));
      const emptied = others.reduce((trie, [id]) => trie.delete(id), build(content, build(others)));
      assert.equal(rootOf(emptied), root);
      assert.equal(emptied.size, content.length);
    }),
  );
});

test("a trie is a map, sorted by id", () => {
  fc.assert(
    fc.property(anyPairs, anyId, (pairs, id) => {
      const expected = new Map(pairs.map(([key, value]) => [key.toHex(), value.toHex()]));
      const trie = Trie.from(pairs);
      assert.equal(trie.size, expected.size);
      assert.equal(trie.get(id)?.toHex(), expected.get(id.toHex()));
      const sorted = [...expected].sort(([a], [b]) => (a < b ? -1 : 1));
      assert.deepEqual(
        Array.from(trie.entries(), ([key, value]) => [key.toHex(), value.toHex()]),
        sorted,
      );
    }),
  );
});

test("old tries are unchanged by new ones, hashed before or not", () => {
  fc.assert(
    fc.property(anyPairs, anyId, anyValue, fc.boolean(), (pairs, id, value, hashedBefore) => {
      const old = Trie.from(pairs);
      if (hashedBefore) old.root;
      const changed = old.put(id, value);
      changed.root;
      changed.delete(id).root;
      assert.equal(rootOf(old), rootByDefinition(contentOf(pairs)).toHex());
      assert.equal(rootOf(changed), rootByDefinition(contentOf([...pairs, [id, value]])).toHex());
    }),
  );
});

test("a trie keeps its content when the caller's buffers change", () => {
  const id = new Uint8Array(32).fill(5);
  const value = new Uint8Array(32).fill(6);
  const trie = Trie.empty.put(id, value);
  const root = rootOf(Trie.from([[id.slice(), value.slice()]]));
  id.fill(0);
  value.fill(0);
  trie.root.fill(0);
  assert.equal(rootOf(trie), root);
});

test("deleting what is not there, and ids or values of another length, are defects", () => {
  const trie = Trie.empty.put(new Uint8Array(32), new Uint8Array(32).fill(1));
  assert.throws(() => trie.delete(new Uint8Array(32).fill(1)), RangeError);
  assert.throws(() => trie.put(new Uint8Array(31), new Uint8Array(32)), RangeError);
  assert.throws(() => trie.put(new Uint8Array(32), new Uint8Array(33)), RangeError);
});
