import assert from "node:assert/strict";
import { test } from "node:test";
import { randomBytes } from "@halfkey/crypto";
import { AccountStates } from "./account-states.ts";
import { StateTrie } from "./state-trie.ts";

function stateOf(size: number): StateTrie {
  return StateTrie.from(
    Buffer.concat(Array.from({ length: size }, () => randomBytes(64)).sort(Buffer.compare)),
  );
}

test("a state is found by its head, and by no other account's", () => {
  const states = new AccountStates(100);
  const [one, other, head] = [randomBytes(16), randomBytes(16), randomBytes(32)];
  const state = stateOf(3);
  states.keep(one, head, state);
  assert.equal(states.find(one, head), state);
  assert.equal(states.find(other, head), undefined);
  assert.equal(states.find(one, randomBytes(32)), undefined);
});

test("the heads before are kept for a while, as a transaction may be undone", () => {
  const states = new AccountStates(100);
  const one = randomBytes(16);
  const heads = Array.from({ length: 9 }, () => randomBytes(32));
  for (const head of heads) states.keep(one, head, stateOf(2));
  const found = heads.map((head) => states.find(one, head) !== undefined);
  assert.deepEqual(found, [false, ...Array(8).fill(true)]);
});

test("above its bound it forgets the accounts written longest ago, and never the last", () => {
  const states = new AccountStates(100);
  const [a, b, c] = [randomBytes(16), randomBytes(16), randomBytes(16)];
  const head = randomBytes(32);
  const known = () => [a, b, c].map((one) => states.find(one, head) !== undefined);
  states.keep(a, head, stateOf(40));
  states.keep(b, head, stateOf(40));
  states.keep(a, head, stateOf(50));
  assert.deepEqual(known(), [true, true, false]);
  states.keep(c, head, stateOf(40));
  assert.deepEqual(known(), [true, false, true]);
  states.keep(b, head, stateOf(1000));
  assert.deepEqual(known(), [false, true, false]);
  states.keep(a, head, stateOf(10));
  assert.deepEqual(known(), [true, false, false]);
});
