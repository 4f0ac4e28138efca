import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CallerError } from "@halfkey/model";
import { asymmetricAlgorithms } from "./compact-jwt.ts";
import { jwtTrustOf, type TrustRequest } from "./jwt-trust-input.ts";

const jwks = JSON.stringify({
  keys: [{ kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", kid: "rfc8037" }],
});
const minimal: TrustRequest = {
  issuer: "https://idp.example",
  audience: "halfkey",
  "unique-identifier": "sub",
};

test("an issuer, an audience and a unique identifier are enough", () => {
  assert.deepEqual(jwtTrustOf(minimal), {
    issuer: "https://idp.example",
    audiences: ["halfkey"],
    algorithms: asymmetricAlgorithms,
    uniqueIdentifier: "sub",
    boundClaims: {},
  });
});

test("an OIDC method's client is its audience", () => {
  const { audience: _, ...rest } = minimal;
  assert.deepEqual(jwtTrustOf({ ...rest, "client-id": "console" }).audiences, ["console"]);
  assert.deepEqual(jwtTrustOf({ ...minimal, "client-id": "console" }).audiences, ["halfkey"]);
});

test("bound clients may stand for an audience", () => {
  const { audience: _, ...rest } = minimal;
  const { audiences, clientIds } = jwtTrustOf({ ...rest, "bound-client-ids": ["ci,cd"] });
  assert.deepEqual([audiences, clientIds], [[], ["ci", "cd"]]);
});

test("keys may be JSON or its base64, and then nobody is asked for them", () => {
  for (const data of [jwks, Buffer.from(jwks).toString("base64")]) {
    const trust = jwtTrustOf({ ...minimal, issuer: "home", "jwks-json-data": data });
    assert.deepEqual([trust.jwks, trust.jwksUrl], [jwks, undefined]);
  }
});

test("a change keeps what it does not name", () => {
  const before = jwtTrustOf({
    ...minimal,
    "jwks-uri": "https://idp.example/keys",
    "bound-client-ids": ["ci"],
    "bound-claims": { ref: ["main"], env: "prod" },
    algorithms: ["ES256"],
  });
  assert.deepEqual(before.boundClaims, { ref: ["main"], env: ["prod"] });
  assert.deepEqual(jwtTrustOf({}, before), before);
  assert.deepEqual(jwtTrustOf({ audience: "other" }, before), { ...before, audiences: ["other"] });
  const { jwksUrl: _, ...rest } = before;
  assert.deepEqual(jwtTrustOf({ "jwks-uri": "" }, before), rest);
  assert.deepEqual(jwtTrustOf({ "jwks-json-data": jwks }, before), { ...rest, jwks });
});

describe("refused", () => {
  const cases: [string, TrustRequest][] = [
    ["no issuer", { issuer: "" }],
    ["no unique identifier", { "unique-identifier": "" }],
    ["neither audience nor client: anybody's token would do", { audience: "" }],
    ["neither audience nor client, in other words", { audience: " , ", "bound-client-ids": [""] }],
    ["an issuer that is no URL, and no keys", { issuer: "home" }],
    ["an issuer in clear, and no keys", { issuer: "http://idp.example" }],
    ["keys in clear", { "jwks-uri": "http://idp.example/keys" }],
    ["keys at a metadata service", { "jwks-uri": "https://169.254.169.254/keys" }],
    ["keys that are none", { "jwks-json-data": "{}" }],
    ["no keys", { "jwks-json-data": '{"keys":[]}' }],
    ["secret keys", { "jwks-json-data": '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}' }],
    ["algorithm none", { algorithms: ["none"] }],
    ["a symmetric algorithm", { algorithms: ["RS256", "HS256"] }],
    ["no algorithm", { algorithms: [] }],
    ["bound claims that are no text", { "bound-claims": { ref: [1] } }],
    ["a certificate", { "cert-file-data": "LS0t" }],
    ["delimiters", { "subclaims-delimiters": [","] }],
    ["a long issuer", { issuer: `https://${"a".repeat(3000)}` }],
  ];
  for (const [name, changes] of cases)
    test(name, () => assert.throws(() => jwtTrustOf({ ...minimal, ...changes }), CallerError));
});
