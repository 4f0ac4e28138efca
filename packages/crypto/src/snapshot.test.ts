import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openRecord } from "./record.ts";
import { openSnapshot, sealSnapshot } from "./snapshot.ts";
import { account, codeOfSealedByte, decodes, flipsOf, hex, refuses, vectors } from "./vectors.testing.ts";

const root = hex(vectors.roots[2].root);
const checkpoint = hex(vectors.checkpoint.bytes);
const rootOf = (customerEpoch: number, vaultEpoch: number) =>
  customerEpoch === 1 && vaultEpoch === 1 ? root : undefined;
const place = { account, customerEpoch: 1, vaultEpoch: 1, root, hedge: hex(vectors.keys.hedge), checkpoint };
const plaintext = Buffer.from('{"opened":"index"}');
const sealed = sealSnapshot({ ...place, plaintext });
const open = (bytes: Uint8Array) => openSnapshot({ account, sealed: bytes, checkpoint, rootOf });

test("a snapshot of any size opens beside its checkpoint", () => {
  for (const size of [0, 1, 5_000_000]) {
    const content = Buffer.alloc(size, 3);
    assert.deepEqual(open(sealSnapshot({ ...place, plaintext: content })), content);
  }
  assert.notDeepEqual(sealSnapshot({ ...place, plaintext }), sealed);
});

test("beside another checkpoint, in another account, or as a record, it is E_KEY", () => {
  for (const { bytes } of flipsOf(checkpoint.subarray(0, 40))) {
    refuses("E_KEY", () => openSnapshot({ account, sealed, checkpoint: bytes, rootOf }));
  }
  refuses("E_KEY", () => openSnapshot({ account: Buffer.alloc(16, 1), sealed, checkpoint, rootOf }));
  for (const { id } of vectors.ids)
    refuses("E_KEY", () => openRecord({ account, id: hex(id), sealed, rootOf }));
  refuses("E_KEY", () => open(hex(vectors.record.sealed)));
});

test("every flipped bit is refused, by where it is", () => {
  for (const { at, bytes } of flipsOf(sealed)) refuses(codeOfSealedByte(at), () => open(bytes), `byte ${at}`);
});

test("random bytes are refused with a code", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (random) => decodes(() => open(random))));
});
