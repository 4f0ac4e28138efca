import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import type { CryptoErrorCode } from "./errors.ts";
import { decodeEntry, type JournalEntry } from "./journal-entry.ts";
import { JournalState } from "./journal-state.ts";
import { mac } from "./primitives.ts";
import { account, decodes, flipsOf, hex, refuses, truncationsOf, vectors } from "./vectors.testing.ts";

const stateKey = hex(vectors.keys.state);
const bytes = hex(vectors.checkpoint.bytes);
const entries: JournalEntry[] = vectors.journal.entries.map((entry: { bytes: string }) =>
  decodeEntry(hex(entry.bytes)),
);
const state = entries.reduce((before, entry) => before.apply(entry), JournalState.empty(account));
const head = entries.at(-1) as JournalEntry;
const genesis = (entries[0] as JournalEntry).hash;
const decode = (input: Uint8Array) => decodeCheckpoint(stateKey, input, head, genesis);

/** A checkpoint that its author has given a right MAC. */
function forged(change: (body: Buffer) => Uint8Array): Buffer {
  const body = change(Buffer.from(bytes.subarray(0, -32)));
  return Buffer.concat([body, mac(stateKey, body)]);
}

test("the checkpoint agrees with the vectors", () => {
  assert.equal(encodeCheckpoint(stateKey, state).toString("hex"), vectors.checkpoint.bytes);
  const decoded = decode(bytes);
  assert.equal(decoded.trie.root.toHex(), vectors.checkpoint.state_root);
  assert.deepEqual([...decoded.rows()], [...state.rows()]);
  assert.deepEqual(decoded.writers(), state.writers());
  assert.deepEqual(decoded.vaultEpochs(), state.vaultEpochs());
  assert.deepEqual(decoded.hash, state.hash);
  assert.deepEqual(decoded.genesis, genesis);
  assert.equal(decoded.seq, 7);
  assert.equal(decoded.headBytes, undefined);
  assert.deepEqual(encodeCheckpoint(stateKey, decoded), bytes);
});

test("every flipped bit, every truncation and another state key are E_CHECK", () => {
  for (const flip of flipsOf(bytes)) refuses("E_CHECK", () => decode(flip.bytes));
  for (const short of truncationsOf(bytes)) refuses("E_CHECK", () => decode(short));
  refuses("E_CHECK", () => decodeCheckpoint(hex(vectors.keys.hedge), bytes, head, genesis));
});

test("a checkpoint with a right MAC must still be one", () => {
  const cases: [CryptoErrorCode, (body: Buffer) => Uint8Array][] = [
    ["E_FORMAT", (body) => body.fill(2, 0, 1)],
    ["E_FORMAT", (body) => body.subarray(0, 60)],
    ["E_FORMAT", (body) => body.subarray(0, -1)],
    ["E_FORMAT", (body) => body.fill(0, 57, 61)],
    ["E_STATE", (body) => body.fill(1, 1, 2)], // account
    ["E_STATE", (body) => body.fill(6, 24, 25)], // seq
    ["E_STATE", (body) => body.fill(1, 25, 26)], // hash
    ["E_STATE", (body) => body.fill(1, 61 + 32, 61 + 33)], // a value
    ["E_FORMAT", (body) => body.fill(0xff, 61, 93)], // an id out of order
    ["E_FORMAT", (body) => body.fill(0, 93, 125)], // a deleted writer
    ["E_FORMAT", (body) => body.fill(8, 61 + 71, 61 + 72)], // a seq above the head
    ["E_FORMAT", (body) => body.fill(0, 61 + 72, 61 + 80)], // before = seq
  ];
  for (const [code, change] of cases) refuses(code, () => decode(forged(change)), String(change));
});

test("a checkpoint opens only with its own head entry", () => {
  for (const entry of entries.slice(0, -1)) {
    refuses("E_STATE", () => decodeCheckpoint(stateKey, bytes, entry, genesis));
  }
  const first = JournalState.empty(account).apply(entries[0] as JournalEntry);
  const checkpoint = encodeCheckpoint(stateKey, first);
  assert.equal(decodeCheckpoint(stateKey, checkpoint, entries[0] as JournalEntry, genesis).seq, 0);
  refuses("E_STATE", () => decodeCheckpoint(stateKey, checkpoint, entries[0] as JournalEntry, head.hash));
});

test("the journal goes on from a checkpoint", () => {
  const [before, last] = [entries.slice(0, -1), head];
  const middle = before.reduce((earlier, entry) => earlier.apply(entry), JournalState.empty(account));
  const restored = decodeCheckpoint(
    stateKey,
    encodeCheckpoint(stateKey, middle),
    before.at(-1) as JournalEntry,
    genesis,
  );
  assert.deepEqual(encodeCheckpoint(stateKey, restored.apply(last)), bytes);
});

test("nothing can be kept before entry 0", () => {
  assert.throws(() => encodeCheckpoint(stateKey, JournalState.empty(account)), RangeError);
});

test("random bytes, and random bodies with a right MAC, are refused with a code", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 800 }), fc.nat(700), (random, at) => {
      decodes(() => decode(random));
      decodes(() => decode(forged(() => random)));
      decodes(() => decode(forged((body) => Buffer.concat([body.subarray(0, at), random]))));
    }),
  );
});
