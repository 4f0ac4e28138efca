import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromBase64Url, toBase64Url } from "./buffers.ts";
import { decodeJoinRequest, encodeJoinRequest } from "./join-request.ts";
import { decodes, flipsOf, hex, isCode, refuses, truncationsOf, vectors } from "./vectors.testing.ts";

const { join } = vectors;
const { account, instance, recipient } = join;
const publicKey = hex(join.public);
const bytes = fromBase64Url(join.text.slice(5));
const textOf = (body: Uint8Array) => `hkj1-${toBase64Url(body)}`;

test("the join request and its fingerprint agree with the vectors", () => {
  assert.equal(encodeJoinRequest({ account, instance, publicKey, recipient }), join.text);
  const { fingerprint } = join;
  assert.deepEqual(decodeJoinRequest(join.text), { account, instance, publicKey, recipient, fingerprint });
});

test("a flipped bit is refused or shows another fingerprint", () => {
  for (const flip of flipsOf(bytes)) {
    try {
      assert.notEqual(decodeJoinRequest(textOf(flip.bytes)).fingerprint, join.fingerprint);
    } catch (error) {
      assert(isCode(error, "E_FORMAT"), String(error));
    }
  }
});

test("another prefix, length, spelling or id, and what does not print, are refused", () => {
  for (const short of truncationsOf(bytes)) refuses("E_FORMAT", () => decodeJoinRequest(textOf(short)));
  for (const text of [
    "",
    "hkj1-",
    `hkj2-${join.text.slice(5)}`,
    `${join.text}=`,
    `${join.text} `,
    join.text.slice(5),
  ]) {
    refuses("E_FORMAT", () => decodeJoinRequest(text));
  }
  refuses("E_FORMAT", () => decodeJoinRequest(textOf(Buffer.from(bytes).fill(0, 0, 16))));
  refuses("E_FORMAT", () => decodeJoinRequest(textOf(Buffer.from(bytes).fill(0, 16, 32))));
  for (const hidden of ["age1\u001b[2J", "age1 x", "\u202eage1", ""]) {
    refuses("E_FORMAT", () =>
      decodeJoinRequest(encodeJoinRequest({ account, instance, publicKey, recipient: hidden })),
    );
  }
  refuses("E_FORMAT", () => encodeJoinRequest({ account: "0".repeat(32), instance, publicKey, recipient }));
});

test("random texts are refused with a code", () => {
  fc.assert(
    fc.property(fc.string(), fc.uint8Array({ maxLength: 200 }), (text, random) => {
      decodes(() => decodeJoinRequest(text));
      decodes(() => decodeJoinRequest(`hkj1-${text}`));
      decodes(() => decodeJoinRequest(textOf(random)));
    }),
  );
});
