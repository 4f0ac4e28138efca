import { encodeEntry, type JournalEntry } from "./journal-entry.ts";
import type { JournalState } from "./journal-state.ts";
import type { Operation } from "./operation.ts";
import type { SigningKey } from "./signing.ts";

/**
 * Builds and signs the entry that follows a state; sorts the operations. It does not check them, so that there is
 * one place that does: call `apply` on the result before anybody else sees it.
 */
export function buildEntry(input: {
  state: JournalState;
  operations: Operation[];
  /** Milliseconds since 1970. */
  time: number;
  /** Instance id, hex. */
  writer: string;
  signingKey: SigningKey;
}): JournalEntry {
  const { state, time, writer, signingKey } = input;
  const sorted = input.operations.toSorted((a, b) => Buffer.compare(a.id, b.id));
  let { trie } = state;
  for (const { op, id, value } of sorted) {
    if (op % 2 === 1) trie = trie.put(id, value);
    else if (trie.get(id) !== undefined) trie = trie.delete(id);
  }
  const { account, seq, hash: prev } = state;
  return encodeEntry({ account, seq: seq + 1, prev, root: trie.root, time, writer }, sorted, signingKey);
}
