import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { encodeContext } from "./buffers.ts";
import { decodeContext, purposes } from "./context.ts";
import { CryptoError } from "./errors.ts";
import { openSealed, seal, sealedContext, wrapLength } from "./seal.ts";
import { sealAt } from "./seal-layout.ts";
import { customerShare, rootedKeys, splitKeys, vaultShare } from "./share.ts";
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

const { customer, vault } = vectors.keys;
const item = hex(vectors.ids[0].id);
const dataKey = hex(vectors.value.dek);
const wrap = hex(vectors.value.wrap);

/** Opens a wrap as a gateway with both epochs of both fragments does. */
function openWrap(
  sealed: Uint8Array,
  { id = item, version = 1, purpose = purposes.wrap as number } = {},
): Buffer {
  const context = sealedContext(sealed, { account, purpose, id, version });
  const own = customer[context.customerEpoch];
  const theirs = vault[context.vaultEpoch];
  if (own === undefined || theirs === undefined) throw new CryptoError("E_EPOCH", "not loaded");
  const x = encodeContext(context);
  return openSealed(splitKeys(customerShare(hex(own), x), vaultShare(hex(theirs), x), x), sealed);
}

describe("wraps agree with the vectors", () => {
  const cases = { p1v1: vectors.value.wrap, p1v1e2: vectors.value.rewrap_e2 } as const;
  for (const [name, sealed] of Object.entries<string>(cases)) {
    test(name, () => {
      const { x, okm } = vectors.shares[name];
      const nonce = hex(sealed).subarray(sealAt.nonce, sealAt.ciphertext);
      assert.equal(seal(hex(okm), hex(x), dataKey, nonce).toString("hex"), sealed);
      assert.equal(hex(sealed).length, wrapLength);
      assert.deepEqual(openWrap(hex(sealed)), dataKey);
    });
  }
});

test("every flipped bit of a wrap is refused, by where it is", () => {
  for (const name of ["wrap", "rewrap_e2"]) {
    for (const { at, bytes } of flipsOf(hex(vectors.value[name]))) {
      refuses(codeOfSealedByte(at), () => openWrap(bytes), `byte ${at}`);
    }
  }
});

test("a truncated wrap is refused: too short to be one, or with another tag", () => {
  for (const bytes of truncationsOf(wrap))
    refuses(bytes.length < 102 ? "E_FORMAT" : "E_TAG", () => openWrap(bytes));
  refuses("E_TAG", () => openWrap(Buffer.concat([wrap, Buffer.alloc(1)])));
});

test("a wrap of another item, version or purpose does not open", () => {
  refuses("E_KEY", () => openWrap(wrap, { id: hex(vectors.ids[1].id) }));
  refuses("E_KEY", () => openWrap(wrap, { version: 2 }));
  refuses("E_FORMAT", () => openWrap(wrap, { purpose: purposes.record }));
});

test("the share of one context opens nothing sealed in another", () => {
  for (const [name, { okm }] of Object.entries<{ okm: string }>(vectors.shares)) {
    if (name !== "p1v1") refuses("E_KEY", () => openSealed(hex(okm), wrap), name);
  }
});

test("a wrap that holds anything but a data key is refused", () => {
  const { x, okm } = vectors.shares.p1v1;
  refuses("E_FORMAT", () => openSealed(hex(okm), seal(hex(okm), hex(x), Buffer.alloc(31))));
});

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const anyContext = fc.record({
  account: bytesOf(16),
  purpose: fc.constantFrom(...Object.values(purposes).filter((purpose) => purpose !== purposes.wrap)),
  id: bytesOf(32),
  version: fc.maxSafeNat(),
  customerEpoch: fc.nat(0xffff_ffff),
  vaultEpoch: fc.nat(0xffff_ffff),
  salt: bytesOf(32),
});

test("what is sealed opens again in its own context, and the header tells which that is", () => {
  fc.assert(
    fc.property(anyContext, bytesOf(32), fc.uint8Array({ maxLength: 300 }), (context, root, plaintext) => {
      const x = encodeContext(context);
      const sealed = seal(rootedKeys(root, x), x, plaintext);
      const found = sealedContext(sealed, context);
      assert.deepEqual(encodeContext(found), x);
      assert.deepEqual(encodeContext(decodeContext(x)), x);
      assert.deepEqual(openSealed(rootedKeys(root, x), sealed), Buffer.from(plaintext));
    }),
  );
});

test("sealing twice never gives the same bytes, and touches no input", () => {
  const { x, okm } = vectors.shares.p1v1;
  const inputs = [hex(okm), hex(x), Buffer.from(dataKey)] as const;
  assert.notDeepEqual(seal(...inputs), seal(...inputs));
  assert.deepEqual(inputs, [hex(okm), hex(x), dataKey]);
});

test("random and mutated bytes are refused with a code", () => {
  const okm = hex(vectors.shares.p1v1.okm);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      decodes(() => openWrap(bytes));
      decodes(() => openSealed(okm, bytes));
      decodes(() => openWrap(Buffer.concat([wrap.subarray(0, bytes.length), bytes])));
    }),
  );
});
