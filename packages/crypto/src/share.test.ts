import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { encodeContext, keyCheckContext, rootContext } from "./buffers.ts";
import { decodeContext, purposes } from "./context.ts";
import { customerShare, keyCheckValue, rootedKeys, rootKey, splitKeys, vaultShare } from "./share.ts";
import { account, hex, refuses, vectors } from "./vectors.testing.ts";

const { customer, vault } = vectors.keys;

describe("shares agree with the vectors", () => {
  for (const [name, { x, share_c, share_v, okm }] of Object.entries<Record<string, string>>(vectors.shares)) {
    test(name, () => {
      const bytes = hex(x as string);
      const { customerEpoch, vaultEpoch } = decodeContext(bytes);
      const own = customerShare(hex(customer[customerEpoch]), bytes);
      const theirs = vaultShare(hex(vault[vaultEpoch]), bytes);
      assert.equal(own.toString("hex"), share_c);
      assert.equal(theirs.toString("hex"), share_v);
      assert.equal(splitKeys(own, theirs, bytes).toString("hex"), okm);
      assert.deepEqual(encodeContext(decodeContext(bytes)), bytes);
    });
  }
});

test("key check values agree with the vectors", () => {
  for (const epoch of [1, 2]) {
    const own = customerShare(hex(customer[epoch]), keyCheckContext(account, epoch, 0));
    assert.equal(keyCheckValue(own), vectors.kcv.customer[epoch]);
    const theirs = vaultShare(hex(vault[epoch]), keyCheckContext(account, 0, epoch));
    assert.equal(keyCheckValue(theirs), vectors.kcv.vault[epoch]);
  }
});

test("root keys agree with the vectors", () => {
  for (const purpose of [purposes.record, purposes.audit]) {
    const { x, share_c, share_v, root } = vectors.roots[purpose];
    const x0 = rootContext(account, purpose, 1, 1);
    assert.equal(x0.toString("hex"), x);
    assert.equal(customerShare(hex(customer[1]), x0).toString("hex"), share_c);
    assert.equal(rootKey(hex(share_c), hex(share_v), x0).toString("hex"), root);
  }
});

test("contexts of another length, or with a version that no number holds, are refused", () => {
  for (const length of [0, 96, 98]) refuses("E_FORMAT", () => decodeContext(new Uint8Array(length)));
  refuses("E_FORMAT", () => decodeContext(new Uint8Array(97).fill(255)));
});

test("a key or context of another length is a defect", () => {
  const x = rootContext(account, 2, 1, 1);
  assert.throws(() => customerShare(new Uint8Array(31), x), RangeError);
  assert.throws(() => vaultShare(new Uint8Array(32), x.subarray(1)), RangeError);
  assert.throws(() => rootedKeys(new Uint8Array(16), x), RangeError);
  assert.throws(() => splitKeys(new Uint8Array(32), new Uint8Array(0), x), RangeError);
});
