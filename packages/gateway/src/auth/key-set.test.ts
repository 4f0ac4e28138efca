import assert from "node:assert/strict";
import { before, test } from "node:test";
import fc from "fast-check";
import { exportJWK, generateKeyPair } from "jose";
import { newKey, type TestKey } from "./issuer.testing.ts";
import { KeySet } from "./key-set.ts";

let ec: TestKey;
let rsa: TestKey;
before(async () => {
  [ec, rsa] = await Promise.all([newKey("e"), newKey("r", "RS256")]);
});

const setOf = (...keys: object[]) => KeySet.parse(Buffer.from(JSON.stringify({ keys })));

test("finds a key by its id, for its algorithm alone", async () => {
  const set = setOf(ec.jwk, rsa.jwk);
  assert.equal((await set?.find("e", "ES256"))?.type, "public");
  for (const [kid, alg] of [
    ["e", "RS256"],
    ["r", "RS512"],
    ["r", "PS256"],
    ["x", "ES256"],
    ["e", "HS256"],
    ["e", "none"],
  ] as const)
    assert.equal(await set?.find(kid, alg), undefined, `${kid} ${alg}`);
});

test("a key without an algorithm serves those of its kind", async () => {
  const { alg: _, ...jwk } = rsa.jwk;
  const set = setOf(jwk);
  for (const alg of ["RS256", "RS512", "PS256"]) assert(await set?.find("r", alg), alg);
  for (const alg of ["ES256", "HS256"]) assert.equal(await set?.find("r", alg), undefined, alg);
});

test("no id needs one choice only", async () => {
  const { kid: _, ...nameless } = ec.jwk;
  assert(await setOf(nameless, rsa.jwk)?.find(undefined, "ES256"));
  assert.equal(await setOf(ec.jwk, (await newKey("f")).jwk)?.find(undefined, "ES256"), undefined);
});

test("two keys of one id are none", async () => {
  assert.equal(await setOf(ec.jwk, (await newKey("e")).jwk)?.find("e", "ES256"), undefined);
});

test("what is no public key for signatures is left out", async () => {
  const weak = await generateKeyPair("RS256", { extractable: true, modulusLength: 2048 });
  const { n = "" } = await exportJWK(weak.publicKey);
  const short = { kty: "RSA", n: n.slice(0, 171), e: "AQAB", kid: "short" };
  const cases = [
    { kty: "oct", k: "c2VjcmV0", kid: "secret", alg: "HS256" },
    { ...ec.jwk, use: "enc" },
    { ...ec.jwk, kid: 7 },
    { kty: "EC", crv: "P-256", kid: "half" },
    short,
    null,
    "e",
    [],
  ];
  assert.equal(setOf(...(cases as object[]))?.size, 0);
});

test("a private key that was published counts as its public part", async () => {
  const key = await setOf({ ...(await exportJWK(ec.privateKey)), kid: "e" })?.find("e", "ES256");
  assert.equal(key?.type, "public");
});

test("what is no set is none", () => {
  for (const text of ["", "[]", "{}", '{"keys":{}}', "null", '{"keys":[],"keys":[]}', "<html>"])
    assert.equal(KeySet.parse(Buffer.from(text)), undefined, text);
  assert.equal(KeySet.parse(Buffer.from(JSON.stringify({ keys: Array(101).fill(ec.jwk) }))), undefined);
});

test("a point that is not on its curve is no key", async () => {
  assert.equal(await setOf({ ...ec.jwk, y: ec.jwk.x })?.find("e", "ES256"), undefined);
});

test("whatever an issuer publishes, reading it does no harm", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record(
          {
            kty: fc.constantFrom("RSA", "EC", "OKP", "oct"),
            crv: fc.constantFrom("P-256", "Ed25519", "x"),
            x: fc.base64String(),
            y: fc.base64String(),
            n: fc.base64String({ maxLength: 800 }),
            e: fc.base64String(),
          },
          { requiredKeys: ["kty"] },
        ),
      ),
      async (keys) => {
        const set = setOf(...keys);
        for (const alg of ["ES256", "RS256", "EdDSA"]) assert.equal(await set?.find("kid", alg), undefined);
      },
    ),
  );
});
