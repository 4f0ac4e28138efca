import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { label } from "./bytes.ts";
import { purposes } from "./context.ts";
import { sha256 } from "./primitives.ts";
import { sealRooted } from "./rooted-seal.ts";
import { sealAt } from "./seal-layout.ts";
import { openVaultFragment, sealVaultFragment } from "./vault-row.ts";
import { account, decodes, flipsOf, hex, refuses, vectors } from "./vectors.testing.ts";

const rootKey = Buffer.alloc(32, 7);
const fragment = hex(vectors.keys.vault[1]);
const sealed = sealVaultFragment(rootKey, account, 1, fragment);

test("a vault fragment comes back, and its row shows nothing of it", () => {
  assert.deepEqual(openVaultFragment(rootKey, account, 1, sealed), fragment);
  assert(!sealed.includes(fragment));
  assert.notDeepEqual(sealVaultFragment(rootKey, account, 1, fragment), sealed);
});

test("another root key, account or epoch is E_KEY", () => {
  refuses("E_KEY", () => openVaultFragment(Buffer.alloc(32, 8), account, 1, sealed));
  refuses("E_KEY", () => openVaultFragment(rootKey, Buffer.alloc(16, 1), 1, sealed));
  refuses("E_KEY", () => openVaultFragment(rootKey, account, 2, sealed));
});

test("every flipped bit is refused, by where it is", () => {
  for (const { at, bytes } of flipsOf(sealed)) {
    // There is one root key for all epochs, so other epochs in the header are another context.
    const code = at < sealAt.customerEpoch ? "E_FORMAT" : at < sealAt.nonce ? "E_KEY" : "E_TAG";
    refuses(code, () => openVaultFragment(rootKey, account, 1, bytes), `byte ${at}`);
  }
});

test("a fragment of another length is refused", () => {
  assert.throws(() => sealVaultFragment(rootKey, account, 1, Buffer.alloc(31)), RangeError);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
      decodes(() => openVaultFragment(rootKey, account, 1, random));
      decodes(() => openVaultFragment(rootKey, account, 1, Buffer.concat([sealed.subarray(0, 100), random])));
    }),
  );
  // A seal of the right place that a defective vault filled with something else.
  const id = sha256(label("row"), account, Uint8Array.of(0, 0, 0, 1));
  const row = { account, purpose: purposes.vaultRow, id, customerEpoch: 0, vaultEpoch: 1 };
  const open = (content: Uint8Array) =>
    openVaultFragment(rootKey, account, 1, sealRooted(row, rootKey, content));
  assert.deepEqual(open(fragment), fragment);
  refuses("E_FORMAT", () => open(fragment.subarray(1)));
  const elsewhere = {
    account,
    purpose: purposes.record,
    id: Buffer.alloc(32),
    customerEpoch: 0,
    vaultEpoch: 1,
  };
  refuses("E_FORMAT", () => openVaultFragment(rootKey, account, 1, sealRooted(elsewhere, rootKey, fragment)));
});
