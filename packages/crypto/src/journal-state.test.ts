import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { buildEntry } from "./build-entry.ts";
import type { CryptoErrorCode } from "./errors.ts";
import { decodeEntry, type JournalEntry, verifyEntrySignature } from "./journal-entry.ts";
import { JournalState } from "./journal-state.ts";
import { epochId, type Operation, operations, vaultEpochValue, writerId } from "./operation.ts";
import { signingKeyFromSeed } from "./signing.ts";
import { Trie } from "./trie.ts";
import {
  account,
  decodes,
  type Flip,
  flipsOf,
  hex,
  refuses,
  truncationsOf,
  vectors,
} from "./vectors.testing.ts";

const { journal } = vectors;
const entries: JournalEntry[] = journal.entries.map(({ bytes }: { bytes: string }) =>
  decodeEntry(hex(bytes)),
);
/** `states[n]`: after n entries. */
const states = [JournalState.empty(account)];
for (const entry of entries) states.push((states.at(-1) as JournalState).apply(entry));
const stateAfter = (count: number) => states[count] as JournalState;
const keys = journal.writers.map(({ seed }: { seed: string }) => signingKeyFromSeed(hex(seed)));
const [writer, other] = journal.writers.map(({ instance }: { instance: string }) => instance);

describe("entries agree with the vectors", () => {
  for (const [index, expected] of journal.entries.entries()) {
    test(`entry ${index}`, () => {
      const entry = entries[index] as JournalEntry;
      const state = stateAfter(index + 1);
      assert.equal(entry.seq, expected.seq);
      assert.equal(entry.writer, expected.writer);
      assert.equal(entry.hash.toString("hex"), expected.hash);
      assert.deepEqual(
        entry.operations.map(({ op, id, value }) => ({ op, id: id.toHex(), value: value.toHex() })),
        expected.ops,
      );
      assert.equal(state.trie.root.toHex(), expected.state_root);
      assert.equal(state.hash.toHex(), expected.hash);
      assert.equal(state.headBytes?.toHex(), expected.bytes);
      assert.equal(state.genesis?.toHex(), journal.entries[0].hash);
      const signingKey = keys[entry.writer === writer ? 0 : 1];
      assert(verifyEntrySignature(entry, signingKey.publicKey));
      const built = buildEntry({
        state: stateAfter(index),
        operations: entry.operations.toReversed(),
        time: entry.time,
        writer: entry.writer,
        signingKey,
      });
      assert.equal(built.bytes.toString("hex"), expected.bytes);
      assert.deepEqual(built, decodeEntry(built.bytes));
    });
  }
});

test("ids of writers and vault epochs agree with the vectors", () => {
  assert.equal(writerId(writer).toString("hex"), journal.writer_id_a);
  assert.equal(epochId(1).toString("hex"), journal.epoch_id_1);
});

describe("entries that must be refused", () => {
  for (const { code, why, after, bytes } of journal.refused) {
    test(`${code}: ${why}`, () => refuses(code, () => stateAfter(after).apply(decodeEntry(hex(bytes)))));
  }
});

/** An independent reading of section 9.2: what one flipped bit of a valid entry must be refused with. */
function codeOfEntryFlip({ at, bit, bytes }: Flip, entry: JournalEntry): CryptoErrorCode {
  if (at === 0) return "E_FORMAT";
  if (at < 17) return "E_FORK"; // account
  if (at < 25) return at === 17 || (at === 18 && bit >= 0x20) ? "E_FORMAT" : "E_FORK"; // seq; above 2^53 - 1 no layout
  if (at < 57) return "E_FORK"; // prev
  if (at < 113) return "E_WRITER"; // root, time, writer: signed
  if (at < 115) return "E_FORMAT"; // the number of operations decides the length
  if (at >= bytes.length - 64) return "E_WRITER";
  const index = Math.floor((at - 115) / 65);
  const within = (at - 115) % 65;
  const { op } = entry.operations[index] as Operation;
  if (within === 0) return "E_FORMAT"; // no two codes one bit apart take the same ids and values
  if (within > 32) {
    const isValueFree = op === 1 || op === 3 || (op === 5 && within <= 36);
    return isValueFree ? "E_WRITER" : "E_FORMAT";
  }
  const idAt = (position: number) => bytes.subarray(116 + position * 65, 148 + position * 65);
  const id = idAt(index);
  if (index > 0 && Buffer.compare(idAt(index - 1), id) >= 0) return "E_FORMAT";
  if (index + 1 < entry.operations.length && Buffer.compare(id, idAt(index + 1)) >= 0) return "E_FORMAT";
  if (op <= 2) return "E_WRITER"; // any other record id
  if (op <= 4) return within <= 16 ? "E_FORMAT" : "E_WRITER"; // still an instance's id
  return within <= 28 || id.readUInt32BE(28) === 0 ? "E_FORMAT" : "E_WRITER"; // still an epoch's id
}

test("every flipped bit of every entry is refused by the state before it, by where it is", () => {
  for (const [index, entry] of entries.entries()) {
    for (const flip of flipsOf(entry.bytes)) {
      const code = codeOfEntryFlip(flip, entry);
      const apply = () => stateAfter(index).apply(decodeEntry(flip.bytes));
      refuses(code, apply, `entry ${index}, byte ${flip.at}, bit ${flip.bit}:`);
    }
  }
});

test("a truncated entry is no entry", () => {
  for (const entry of entries)
    for (const bytes of truncationsOf(entry.bytes)) refuses("E_FORMAT", () => decodeEntry(bytes));
});

test("the head once more changes nothing; an entry before or after it is a fork", () => {
  const state = stateAfter(4);
  assert.equal(state.apply(entries[3] as JournalEntry), state);
  for (const index of [0, 1, 2, 5, 6, 7])
    refuses("E_FORK", () => state.apply(entries[index] as JournalEntry));
});

test("another account, or another genesis than the known one, is a fork", () => {
  refuses("E_FORK", () => JournalState.empty(Buffer.alloc(16, 1)).apply(entries[0] as JournalEntry));
  refuses("E_FORK", () => JournalState.empty(account, Buffer.alloc(32, 1)).apply(entries[0] as JournalEntry));
  const genesis = hex(journal.entries[0].hash);
  assert.equal(JournalState.empty(account, genesis).apply(entries[0] as JournalEntry).seq, 0);
});

test("rows tell value, seq and the seq before, of deleted records too", () => {
  const state = stateAfter(entries.length);
  const rows = Array.from(state.rows(), ([id, { value, seq, before }]) => ({
    id: id.toHex(),
    value: value?.toHex() ?? "0".repeat(64),
    seq,
    before,
  }));
  assert.deepEqual(rows, vectors.checkpoint.rows);
  for (const { id, seq, before } of vectors.checkpoint.rows) {
    const row = state.row(hex(id));
    assert.deepEqual([row?.seq, row?.before], [seq, before]);
  }
  assert.equal(state.row(Buffer.alloc(32, 9)), undefined);
});

test("writers and vault epochs are those of the entries so far", () => {
  const writersAfter = (count: number) =>
    stateAfter(count)
      .writers()
      .map(([instance]) => instance);
  assert.deepEqual(writersAfter(1), [writer]);
  assert.deepEqual(writersAfter(4).sort(), [writer, other].sort());
  assert.deepEqual(writersAfter(8), [writer]);
  assert.deepEqual(stateAfter(8).writers()[0]?.[1], keys[0].publicKey);
  const [kcv1, kcv2] = [vectors.kcv.vault[1], vectors.kcv.vault[2]];
  assert.deepEqual(stateAfter(0).vaultEpochs(), []);
  assert.deepEqual(stateAfter(6).vaultEpochs(), [
    { epoch: 1, kcv: kcv1 },
    { epoch: 2, kcv: kcv2 },
  ]);
  assert.deepEqual(stateAfter(7).vaultEpochs(), [{ epoch: 2, kcv: kcv2 }]);
});

test("an entry that hands everything to another writer is allowed; one that leaves nobody is not", () => {
  const state = stateAfter(8);
  const entryOf = (list: Operation[]) =>
    buildEntry({ state, operations: list, time: 0, writer, signingKey: keys[0] });
  const revoke = { op: operations.revokeWriter, id: writerId(writer), value: Buffer.alloc(32) };
  const admit = { op: operations.admitWriter, id: writerId(other), value: keys[1].publicKey };
  assert.deepEqual(state.apply(entryOf([revoke, admit])).writers(), [[other, keys[1].publicKey]]);
  refuses("E_WRITER", () => state.apply(entryOf([revoke])));
});

test("entry 0 admits the writer it names, not merely the one who signed it", () => {
  const founding = (entries[0] as JournalEntry).operations.map((operation) =>
    operation.op === operations.admitWriter
      ? { ...operation, id: writerId(other), value: keys[1].publicKey }
      : operation,
  );
  const entry = buildEntry({
    state: stateAfter(0),
    operations: founding,
    time: 0,
    writer,
    signingKey: keys[1],
  });
  refuses("E_WRITER", () => stateAfter(0).apply(entry));
});

test("of two vault epochs the lower can be retired, the highest cannot", () => {
  const state = stateAfter(6);
  const retire = (epoch: number) =>
    state.apply(
      buildEntry({
        state,
        operations: [{ op: operations.retireVaultEpoch, id: epochId(epoch), value: Buffer.alloc(32) }],
        time: 0,
        writer,
        signingKey: keys[0],
      }),
    );
  assert.deepEqual(
    retire(1)
      .vaultEpochs()
      .map(({ epoch }) => epoch),
    [2],
  );
  refuses("E_STATE", () => retire(2));
});

test("what buildEntry does not check, apply does", () => {
  const state = stateAfter(8);
  const tooMany = Array.from({ length: 1025 }, (_, index) => putOf(index, 1));
  const cases: [CryptoErrorCode, Operation[]][] = [
    ["E_FORMAT", []],
    ["E_FORMAT", tooMany],
    ["E_FORMAT", [putOf(1, 1), putOf(1, 2)]],
    ["E_STATE", [{ op: operations.deleteRecord, id: recordOf(1), value: Buffer.alloc(32) }]],
    ["E_STATE", [{ op: operations.announceVaultEpoch, id: epochId(4), value: vaultEpochValue("00000001") }]],
  ];
  for (const [code, list] of cases) {
    const entry = buildEntry({ state, operations: list, time: 0, writer, signingKey: keys[0] });
    refuses(code, () => state.apply(entry));
  }
});

const recordOf = (number: number) => Buffer.alloc(32, 0x80 + (number & 0x7f)).fill(number >> 7, 20);
const putOf = (number: number, value: number): Operation => ({
  op: operations.putRecord,
  id: recordOf(number),
  value: Buffer.alloc(32, value),
});

test("whatever is put and deleted, before and seq are the last two operations, and old states stay as they were", () => {
  const step = fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 8 }),
      fc.infiniteStream(fc.boolean()),
      (steps, wantsDelete) => {
        let state = stateAfter(8);
        const history = new Map<number, { seqs: number[]; live: boolean }>();
        const seen: [JournalState, string][] = [];
        for (const numbers of steps) {
          seen.push([state, fingerprintOf(state)]);
          const list = numbers.map((number): Operation => {
            const past = history.get(number) ?? { seqs: [], live: false };
            const isDelete = past.live && wantsDelete.next().value === true;
            history.set(number, { seqs: [...past.seqs, state.seq + 1], live: !isDelete });
            return isDelete
              ? { op: operations.deleteRecord, id: recordOf(number), value: Buffer.alloc(32) }
              : putOf(number, state.seq + 1);
          });
          state = state.apply(buildEntry({ state, operations: list, time: 0, writer, signingKey: keys[0] }));
        }
        for (const [number, { seqs, live }] of history) {
          const row = state.row(recordOf(number));
          assert.deepEqual([row?.seq, row?.before], [seqs.at(-1), seqs.at(-2) ?? -1]);
          assert.equal(row?.value !== null, live);
        }
        for (const [old, fingerprint] of seen) assert.equal(fingerprintOf(old), fingerprint);
        assert.equal(state.trie.root.toHex(), Trie.from(state.trie.entries()).root.toHex());
      },
    ),
    { numRuns: 40 },
  );
});

function fingerprintOf(state: JournalState): string {
  const rows = Array.from(state.rows(), ([id, row]) => [id.toHex(), row.value?.toHex(), row.seq, row.before]);
  return JSON.stringify([state.seq, state.hash.toHex(), state.trie.root.toHex(), rows]);
}

test("random and mutated entries are refused with a code", () => {
  const valid = (entries[2] as JournalEntry).bytes;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(400), (bytes, at) => {
      decodes(() => decodeEntry(bytes));
      const mutated = Buffer.from(valid);
      mutated.set(bytes.subarray(0, Math.max(0, mutated.length - at)), Math.min(at, mutated.length));
      decodes(() => stateAfter(2).apply(decodeEntry(mutated)));
      decodes(() => decodeEntry(Buffer.concat([valid.subarray(0, at), bytes])));
    }),
  );
});
