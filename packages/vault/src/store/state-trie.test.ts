import assert from "node:assert/strict";
import { test } from "node:test";
import { randomBytes, Trie, zero32 } from "@halfkey/crypto";
import fc from "fast-check";
import { StateTrie, type TrieChange } from "./state-trie.ts";

/** Few first and last bits, so that ids meet in deep and in shallow branches. */
const id = fc.tuple(fc.nat(40), fc.nat(3), fc.boolean()).map(([first, last, isDeep]) => {
  const bytes = Buffer.alloc(32, isDeep ? 0xaa : first * 37);
  bytes[31] = last;
  return bytes;
});
const value = fc.option(fc.nat(250), { nil: undefined });
const entry = fc
  .uniqueArray(fc.tuple(id, value), { minLength: 1, maxLength: 40, selector: ([one]) => one.toString("hex") })
  .map((list): TrieChange[] =>
    list
      .map(([one, fill]) => ({ id: one, value: fill === undefined ? undefined : Buffer.alloc(32, fill + 1) }))
      .sort((one, other) => Buffer.compare(one.id, other.id)),
  );

test("whatever is put and taken out, the root is the gateway's, and older tries stay as they were", () => {
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 12 }), (entries) => {
      let trie = StateTrie.empty;
      let expected = Trie.empty;
      const seen: [StateTrie, string][] = [];
      for (const changes of entries) {
        trie = trie.with(changes);
        for (const change of changes) {
          if (change.value !== undefined) expected = expected.put(change.id, change.value);
          else if (expected.get(change.id) !== undefined) expected = expected.delete(change.id);
        }
        assert.equal(trie.size, expected.size);
        assert.equal(trie.root.toHex(), expected.root.toHex());
        seen.push([trie, trie.root.toHex()]);
      }
      for (const [old, root] of seen) assert.equal(old.with([]).root.toHex(), root);
      const rows = Buffer.concat([...expected.entries()].flat());
      assert.equal(StateTrie.from(rows).root.toHex(), expected.root.toHex());
    }),
    { numRuns: 300 },
  );
});

test("many random ids give the gateway's root, and none are left in the end", () => {
  const changes = Array.from({ length: 5000 }, () => ({ id: randomBytes(32), value: randomBytes(32) })).sort(
    (one, other) => Buffer.compare(one.id, other.id),
  );
  const full = StateTrie.empty.with(changes);
  assert.equal(
    full.root.toHex(),
    Trie.from(changes.map(({ id: one, value: two }) => [one, two])).root.toHex(),
  );
  const none = full.with(changes.map(({ id: one }) => ({ id: one, value: undefined })));
  assert.deepEqual([none.size, none.root.toHex()], [0, zero32.toHex()]);
});
