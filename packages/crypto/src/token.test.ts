import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromBase64Url, toBase64Url, toHex } from "./buffers.ts";
import { label } from "./bytes.ts";
import { mac } from "./primitives.ts";
import { issueToken, type TokenClaims, verifyToken } from "./token.ts";
import { account, decodes, flipsOf, hex, refuses, truncationsOf, vectors } from "./vectors.testing.ts";

const { token } = vectors;
const key = hex(vectors.keys.token_keys[0]);
const now = 1_795_000_000_000;
const input = { account, tokenGeneration: 0, key, now };
const bytes = fromBase64Url(token.token.slice(2));
const textOf = (body: Uint8Array) => `t-${toBase64Url(body)}`;
const signed = (payload: Uint8Array) =>
  textOf(Buffer.concat([payload, mac(key, label("token"), account, payload)]));

const claims: TokenClaims = {
  tid: token.payload.slice(2, 34),
  issued: 1_795_000_000_000,
  expires: 1_795_003_600_000,
  tokenGeneration: token.token_gen,
  methodGeneration: token.method_gen,
  accessId: token.access_id,
  claims: JSON.parse(token.claims),
};

test("the token agrees with the vectors", () => {
  assert.equal(issueToken(claims, account, key), token.token);
  assert.deepEqual(verifyToken(token.token, input), claims);
  assert.equal(toHex(bytes.subarray(0, -32)), token.payload);
});

test("every flipped bit of its bytes and of its text, and every truncation, is E_TOKEN", () => {
  for (const flip of flipsOf(bytes)) refuses("E_TOKEN", () => verifyToken(textOf(flip.bytes), input));
  for (const flip of flipsOf(Buffer.from(token.token))) {
    refuses("E_TOKEN", () => verifyToken(flip.bytes.toString("latin1"), input));
  }
  for (const short of truncationsOf(bytes)) refuses("E_TOKEN", () => verifyToken(textOf(short), input));
  for (const text of [
    `${token.token}=`,
    `${token.token}A`,
    ` ${token.token}`,
    `${token.token}\n`,
    token.token.slice(2),
  ]) {
    refuses("E_TOKEN", () => verifyToken(text, input));
  }
});

test("a token of another account, key or generation is E_TOKEN", () => {
  refuses("E_TOKEN", () => verifyToken(token.token, { ...input, account: Buffer.alloc(16, 1) }));
  refuses("E_TOKEN", () => verifyToken(token.token, { ...input, key: hex(vectors.keys.token_keys[1]) }));
  refuses("E_TOKEN", () => verifyToken(token.token, { ...input, tokenGeneration: 1 }));
});

test("a token ends at the millisecond it names, and only a genuine one is said to have expired", () => {
  assert(verifyToken(token.token, { ...input, now: claims.expires - 1 }));
  const late = { ...input, now: claims.expires };
  refuses("E_EXPIRED", () => verifyToken(token.token, late));
  for (const flip of flipsOf(bytes)) refuses("E_TOKEN", () => verifyToken(textOf(flip.bytes), late));
});

test("a token with a right MAC must still have the exact length, and claims that are an object", () => {
  const payload = hex(token.payload);
  assert(verifyToken(signed(payload), input));
  refuses("E_TOKEN", () => verifyToken(signed(Buffer.concat([payload, Buffer.alloc(1)])), input));
  // A space after the claims is still JSON, but no longer the length they give.
  refuses("E_TOKEN", () => verifyToken(signed(Buffer.concat([payload, Buffer.from(" ")])), input));
  refuses("E_TOKEN", () => verifyToken(signed(payload.subarray(0, -1)), input));
  refuses("E_TOKEN", () => verifyToken(signed(Buffer.from(payload).fill(255, 41, 42)), input));
  refuses("E_TOKEN", () => verifyToken(signed(Buffer.from(payload).fill("[", payload.length - 1)), input));
});

const anyText = fc.string({ maxLength: 20, unit: "grapheme" }).map((text) => text.toWellFormed());
const anyClaims = fc.record(
  {
    tid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(toHex),
    issued: fc.maxSafeNat(),
    expires: fc.maxSafeNat().map((time) => Math.max(time, 1)),
    tokenGeneration: fc.nat(0xffff_ffff),
    methodGeneration: fc.nat(0xffff_ffff),
    accessId: anyText,
    claims: fc.dictionary(anyText, fc.jsonValue(), { noNullPrototype: true }).map(roundTripped),
  },
  { noNullPrototype: true },
);

function roundTripped(value: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value));
}

test("whatever a token says comes back", () => {
  fc.assert(
    fc.property(anyClaims, (given) => {
      const { tokenGeneration } = given;
      const text = issueToken(given, account, key);
      assert.deepEqual(verifyToken(text, { account, key, tokenGeneration, now: given.expires - 1 }), given);
    }),
  );
});

test("claims that do not fit are a defect", () => {
  assert.throws(() => issueToken({ ...claims, accessId: "x".repeat(256) }, account, key), RangeError);
  assert.throws(() => issueToken({ ...claims, claims: { x: "x".repeat(65_536) } }, account, key), RangeError);
  assert.throws(() => issueToken({ ...claims, methodGeneration: 2 ** 32 }, account, key), RangeError);
});

test("random texts, and random payloads with a right MAC, are refused with a code", () => {
  fc.assert(
    fc.property(fc.string(), fc.uint8Array({ maxLength: 200 }), fc.nat(90), (text, random, at) => {
      decodes(() => verifyToken(text, input));
      decodes(() => verifyToken(`t-${text}`, input));
      decodes(() => verifyToken(signed(random), input));
      decodes(() => verifyToken(signed(Buffer.concat([hex(token.payload).subarray(0, at), random])), input));
    }),
  );
});
