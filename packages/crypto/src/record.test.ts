import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { padJson, parsePaddedJson } from "./padded-json.ts";
import { sha256 } from "./primitives.ts";
import { isReplayFree, openRecord, recordId, recordKinds, sealRecord } from "./record.ts";
import { seal } from "./seal.ts";
import { sealAt } from "./seal-layout.ts";
import { rootedKeys } from "./share.ts";
import {
  account,
  codeOfSealedByte,
  decodes,
  flipsOf,
  hex,
  refuses,
  truncationsOf,
  vectors,
} from "./vectors.testing.ts";

interface RecordVector {
  kind: number;
  name: string;
  id: string;
  plaintext: string;
  x: string;
  sealed: string;
  sha256: string;
}

const root = hex(vectors.roots[2].root);
const nameKey = hex(vectors.keys.name);
const hedge = hex(vectors.keys.hedge);
const rootOf = (customerEpoch: number, vaultEpoch: number) =>
  customerEpoch === 1 && vaultEpoch === 1 ? root : undefined;
const open = (sealed: Uint8Array, id: Uint8Array) => openRecord({ account, id, sealed, rootOf });
const records: [string, RecordVector][] = [
  ["record", vectors.record],
  ...Object.entries<RecordVector>(vectors.records),
];

test("record ids agree with the vectors", () => {
  for (const { kind, name, id } of vectors.ids)
    assert.equal(recordId(nameKey, kind, name).toString("hex"), id);
  assert.deepEqual(Object.values(recordKinds), [1, 2, 3, 5, 6, 7, 16, 17]);
});

describe("records agree with the vectors", () => {
  for (const [label, vector] of records) {
    test(label, () => {
      const sealed = hex(vector.sealed);
      const plaintext = hex(vector.plaintext);
      const x = hex(vector.x);
      const nonce = sealed.subarray(sealAt.nonce, sealAt.ciphertext);
      assert.deepEqual(seal(rootedKeys(root, x), x, plaintext, nonce), sealed);
      assert.equal(sha256(sealed).toString("hex"), vector.sha256);
      assert.equal(recordId(nameKey, vector.kind, vector.name).toString("hex"), vector.id);
      const content = JSON.parse(plaintext.toString());
      assert.deepEqual(open(sealed, hex(vector.id)), { content, customerEpoch: 1, vaultEpoch: 1 });
      assert.deepEqual(padJson(content), plaintext);
    });
    test(`${label}: every flipped bit and truncation is refused`, () => {
      const id = hex(vector.id);
      for (const { at, bytes } of flipsOf(hex(vector.sealed))) {
        refuses(codeOfSealedByte(at), () => open(bytes, id), `byte ${at}`);
      }
      for (const bytes of truncationsOf(hex(vector.sealed))) {
        refuses(bytes.length < 102 ? "E_FORMAT" : "E_TAG", () => open(bytes, id));
      }
    });
  }
});

test("a record under another id, account or root is E_KEY", () => {
  const sealed = hex(vectors.record.sealed);
  const id = hex(vectors.record.id);
  refuses("E_KEY", () => open(sealed, hex(vectors.ids[1].id)));
  refuses("E_KEY", () => openRecord({ account: Buffer.alloc(16, 1), id, sealed, rootOf }));
  refuses("E_KEY", () => openRecord({ account, id, sealed, rootOf: () => hex(vectors.roots[3].root) }));
});

test("replays are told by the three numbers of the vectors", () => {
  for (const { n, before, seq, ok } of vectors.replay) assert.equal(isReplayFree(n, before, seq), ok);
});

const place = { account, id: hex(vectors.ids[0].id), customerEpoch: 1, vaultEpoch: 1, root, hedge };

test("any JSON object comes back, padded to a power of two", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (given) => {
      const content = JSON.parse(JSON.stringify(given));
      const sealed = sealRecord({ ...place, content });
      assert.deepEqual(open(sealed, place.id).content, content);
      assert(Number.isInteger(Math.log2(sealed.length - 102)) && sealed.length - 102 >= 512);
    }),
  );
});

test("a record above 262,144 bytes is a defect of the caller; one of exactly that is not", () => {
  const content = { text: "x".repeat(262_144 - 11) };
  assert.equal(sealRecord({ ...place, content }).length, 262_144 + 102);
  assert.throws(() => sealRecord({ ...place, content: { text: `${content.text}x` } }), RangeError);
});

test("a record that holds no JSON object, or no UTF-8, is E_FORMAT, and its text is not repeated", () => {
  for (const text of ["[]", "null", "7", "{", "\ufeff{}", "", '{"secret":hunter2}']) {
    const x = hex(vectors.record.x);
    const sealed = seal(rootedKeys(root, x), x, Buffer.from(text));
    refuses("E_FORMAT", () => open(sealed, hex(vectors.record.id)), JSON.stringify(text));
    assert.throws(
      () => open(sealed, hex(vectors.record.id)),
      (error: Error) => !`${error.message}${error.cause}`.includes("hunter2"),
    );
  }
  refuses("E_FORMAT", () => parsePaddedJson(Uint8Array.of(0x22, 0xff, 0x22)));
});

test("random and mutated bytes are refused with a code", () => {
  const sealed = hex(vectors.record.sealed);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 700 }), fc.nat(600), (bytes, at) => {
      decodes(() => open(bytes, place.id));
      decodes(() => open(Buffer.concat([sealed.subarray(0, at), bytes]), place.id));
      decodes(() => parsePaddedJson(bytes));
    }),
  );
});
