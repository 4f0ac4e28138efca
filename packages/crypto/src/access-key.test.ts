import assert from "node:assert/strict";
import { test } from "node:test";
import { accessKeyVerifier, generateAccessKey, verifyAccessKey } from "./access-key.ts";
import {
  generateAccessId,
  generateAccountId,
  generateFragmentId,
  generateInstanceId,
} from "./identifiers.ts";
import { flipsOf, vectors } from "./vectors.testing.ts";

const { access_id: accessId, access_key: accessKey, verifier } = vectors.access_key;

test("the verifier agrees with the vectors", () => {
  assert.equal(accessKeyVerifier(accessId, accessKey).toString("hex"), verifier);
});

test("only the very key of the very access id passes", () => {
  const own = accessKeyVerifier(accessId, accessKey);
  assert(verifyAccessKey(own, accessId, accessKey));
  assert(!verifyAccessKey(own, `${accessId}x`, accessKey));
  assert(!verifyAccessKey(own, accessId, accessKey.slice(0, -1)));
  assert(!verifyAccessKey(own.subarray(1), accessId, accessKey));
  for (const { bytes } of flipsOf(own)) assert(!verifyAccessKey(bytes, accessId, accessKey));
});

test("generated keys and ids have their form and do not repeat", () => {
  const forms: [() => string, RegExp][] = [
    [generateAccessKey, /^[A-Za-z0-9+/]{43}=$/],
    [generateAccessId, /^p-[0-9a-hjkmnp-tv-z]{14}$/],
    [generateAccountId, /^[0-9a-f]{32}$/],
    [generateInstanceId, /^[0-9a-f]{32}$/],
    [generateFragmentId, /^cf-[a-z2-7]{16}$/],
  ];
  for (const [generate, form] of forms) {
    const made = Array.from({ length: 100 }, generate);
    for (const text of made) assert.match(text, form);
    assert.equal(new Set(made).size, 100);
  }
});
