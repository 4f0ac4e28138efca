import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeHeadStatement, signHeadStatement, verifyHeadStatement } from "./head-statement.ts";
import { generateSigningKey, signingKeyFromSeed } from "./signing.ts";
import { account, decodes, flipsOf, hex, refuses, truncationsOf, vectors } from "./vectors.testing.ts";

const { head } = vectors;
const bytes = hex(head.bytes);
const key = signingKeyFromSeed(hex(vectors.journal.writers[0].seed));

test("the head statement agrees with the vectors", () => {
  const { instance, seq, time } = head;
  const statement = { account, seq, hash: hex(head.hash), instance, time };
  assert.equal(signHeadStatement(statement, key).toString("hex"), head.bytes);
  assert.deepEqual(decodeHeadStatement(bytes), statement);
  assert.equal(bytes.length, 145);
  assert(verifyHeadStatement(bytes, key.publicKey));
});

test("every flipped bit is E_FORMAT for format and impossible seqs, else a bad signature", () => {
  for (const { at, bit, bytes: flipped } of flipsOf(bytes)) {
    assert.equal(verifyHeadStatement(flipped, key.publicKey), false, `byte ${at}`);
    if (at === 0 || at === 17 || (at === 18 && bit >= 0x20))
      refuses("E_FORMAT", () => decodeHeadStatement(flipped));
    else decodeHeadStatement(flipped);
  }
});

test("another length or instance 0 is E_FORMAT, another key a bad signature", () => {
  for (const short of [...truncationsOf(bytes), Buffer.concat([bytes, Buffer.alloc(1)])]) {
    refuses("E_FORMAT", () => decodeHeadStatement(short));
    assert.equal(verifyHeadStatement(short, key.publicKey), false);
  }
  refuses("E_FORMAT", () => decodeHeadStatement(Buffer.from(bytes).fill(0, 57, 73)));
  assert.equal(verifyHeadStatement(bytes, generateSigningKey().publicKey), false);
  assert.equal(verifyHeadStatement(bytes, Buffer.alloc(31)), false);
  assert.equal(verifyHeadStatement(bytes, Buffer.alloc(32, 0xff)), false);
});

test("a key from a seed is the vectors' writer, and a seed has 32 bytes", () => {
  for (const { seed, public: publicKey } of vectors.journal.writers) {
    assert.equal(signingKeyFromSeed(hex(seed)).publicKey.toString("hex"), publicKey);
  }
  assert.throws(() => signingKeyFromSeed(Buffer.alloc(31)), RangeError);
});

test("random statements are refused with a code", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 140, maxLength: 150 }), (random) => {
      decodes(() => decodeHeadStatement(random));
      assert.equal(verifyHeadStatement(random, key.publicKey), false);
    }),
  );
});
