import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeEntry } from "./journal-entry.ts";
import { JournalState } from "./journal-state.ts";
import { account, hex, vectors } from "./vectors.testing.ts";

test("entries", () => {
  let state = JournalState.empty(account);
  const states = [state];
  for (const entry of vectors.journal.entries) {
    state = state.apply(decodeEntry(hex(entry.bytes)));
    states.push(state);
    assert.equal(Buffer.from(state.trie.root).toString("hex"), entry.state_root);
  }
});
