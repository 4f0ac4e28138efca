import {
  decodeEntry,
  equalConstantTime,
  type JournalEntry,
  type Operation,
  operations,
  toHex,
  verifyEntrySignature,
} from "@halfkey/crypto";
import { CallerError } from "@halfkey/model";
import type { StateTrie, TrieChange } from "./state-trie.ts";

/** What the rules of an entry have to know of an account's present state. Ids in hex. */
export interface EntryFacts {
  head: { seq: number; hash: Uint8Array };
  /** Instance to public key. */
  writers: Map<string, Uint8Array>;
  fragments: { epoch: number; active: boolean; kcv: Uint8Array }[];
  /** Whether a live record has this id; asked for operations 2 only. */
  hasRecord(id: Uint8Array): boolean;
}

/** What an entry changes besides records. */
export interface EntryChanges {
  admit: { instance: Uint8Array; publicKey: Uint8Array }[];
  revoke: Uint8Array[];
  activate: number[];
  retire: number[];
}

/** Layout and account. @throws {CallerError} E_FORMAT */
export function parseEntry(bytes: Uint8Array, account: Uint8Array): JournalEntry {
  let entry: JournalEntry;
  try {
    entry = decodeEntry(bytes);
  } catch (cause) {
    throw new CallerError("E_FORMAT", "the entry does not have the layout of a journal entry", { cause });
  }
  if (!equalConstantTime(entry.account, account))
    throw new CallerError("E_FORMAT", "the entry is of another account");
  return entry;
}

export function continues(entry: JournalEntry, head: EntryFacts["head"]): boolean {
  return entry.seq === head.seq + 1 && equalConstantTime(entry.prev, head.hash);
}

/**
 * The rules of an entry that continues the head, in the order in which a gateway's `apply` has them.
 *
 * @throws {CallerError} E_WRITER, E_STATE
 */
export function checkEntry(entry: JournalEntry, facts: EntryFacts): EntryChanges {
  checkWriter(entry, facts);
  for (const { op, id } of entry.operations) {
    if (op === operations.deleteRecord && !facts.hasRecord(id)) {
      throw new CallerError("E_STATE", "operation 2 deletes a record that does not exist");
    }
  }
  return changesOf(entry.operations, facts);
}

/**
 * The state after an entry. Without this rule one wrong root, accepted, would stop every gateway of the account for
 * good.
 *
 * @throws {CallerError} E_STATE
 */
export function checkRoot(entry: JournalEntry, state: StateTrie): StateTrie {
  const after = state.with(
    entry.operations.map(
      ({ op, id, value }): TrieChange => ({ id, value: op % 2 === 1 ? value : undefined }),
    ),
  );
  if (!equalConstantTime(after.root, entry.root)) {
    throw new CallerError("E_STATE", "the entry's state root is not the one that its operations lead to");
  }
  return after;
}

function checkWriter(entry: JournalEntry, facts: EntryFacts): void {
  const refuse = (why: string) => new CallerError("E_WRITER", why);
  let publicKey = facts.writers.get(entry.writer);
  if (entry.seq === 0) {
    const admitted = entry.operations.filter(({ op }) => op === operations.admitWriter);
    const [own] = admitted;
    if (own === undefined || admitted.length !== 1 || toHex(own.id.subarray(16)) !== entry.writer) {
      throw refuse("entry 0 must admit its own writer and no other");
    }
    publicKey = own.value;
  }
  if (publicKey === undefined) throw refuse("the writer is not admitted by the journal");
  if (!verifyEntrySignature(entry, publicKey)) throw refuse("the entry's signature is not valid");
}

/** Writers and vault epochs, in the entry's order, as `apply` does at the gateway. */
function changesOf(list: Operation[], facts: EntryFacts): EntryChanges {
  const changes: EntryChanges = { admit: [], revoke: [], activate: [], retire: [] };
  const writers = new Set(facts.writers.keys());
  const active = new Set(facts.fragments.filter((one) => one.active).map(({ epoch }) => epoch));
  const refuse = (code: "E_WRITER" | "E_STATE", why: string) => new CallerError(code, why);
  for (const { op, id, value } of list) {
    const instance = id.subarray(16);
    const epoch = new DataView(id.buffer, id.byteOffset).getUint32(28);
    const highest = Math.max(0, ...active);
    if (op === operations.admitWriter) {
      if (writers.has(toHex(instance))) throw refuse("E_WRITER", "operation 3 admits a writer twice");
      writers.add(toHex(instance));
      changes.admit.push({ instance, publicKey: value });
    } else if (op === operations.revokeWriter) {
      if (!writers.delete(toHex(instance)))
        throw refuse("E_WRITER", "operation 4 revokes a writer that is none");
      changes.revoke.push(instance);
    } else if (op === operations.announceVaultEpoch) {
      if (epoch !== highest + 1)
        throw refuse("E_STATE", "operation 5 must announce the highest vault epoch + 1");
      const pending = facts.fragments.find((one) => one.epoch === epoch && !one.active);
      if (pending === undefined || !equalConstantTime(pending.kcv, value.subarray(0, 4))) {
        throw refuse("E_STATE", "operation 5 does not name the key check value of this vault's fragment");
      }
      active.add(epoch);
      changes.activate.push(epoch);
    } else if (op === operations.retireVaultEpoch) {
      if (!active.has(epoch)) throw refuse("E_STATE", "operation 6 retires a vault epoch that is not active");
      if (epoch === highest) throw refuse("E_STATE", "operation 6 must not retire the highest vault epoch");
      active.delete(epoch);
      changes.retire.push(epoch);
    }
  }
  if (writers.size === 0) throw refuse("E_WRITER", "at least one writer must be left");
  if (active.size === 0) throw refuse("E_STATE", "at least one vault epoch must be left");
  return changes;
}
