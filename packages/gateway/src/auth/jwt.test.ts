import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { type AuthMethodRecord, CallerError, type JwtTrust, OperatorError } from "@halfkey/model";
import { CompactSign, exportSPKI, SignJWT } from "jose";
import { Deadline } from "../deadline.ts";
import { assemble, IssuerDouble, method, newKey, sign, silent, type TestKey } from "./issuer.testing.ts";
import { JwksCache } from "./jwks-cache.ts";
import { JwtProver } from "./jwt.ts";
import { Outbound } from "./outbound.ts";

const issuer = "https://idp.example/realms/home";
const now = () => Math.floor(Date.now() / 1000);

let idp: IssuerDouble;
let key: TestKey;
let rsa: TestKey;
let foreignKey: TestKey;
const outbound = new Outbound();
let prover: JwtProver;
let trust: JwtTrust;

before(async () => {
  [key, rsa, foreignKey, idp] = await Promise.all([
    newKey("k1"),
    newKey("r1", "RS256"),
    newKey("k1"),
    IssuerDouble.start(),
  ]);
});
after(async () => {
  await outbound.close();
  await idp.stop();
});
beforeEach(() => {
  idp.requests.length = 0;
  idp.json("/keys", { keys: [key.jwk, rsa.jwk] });
  prover = new JwtProver({ keys: new JwksCache(silent), outbound });
  trust = {
    issuer,
    audiences: ["halfkey"],
    algorithms: ["ES256", "RS256"],
    jwksUrl: `${idp.url}/keys`,
    uniqueIdentifier: "sub",
    boundClaims: {},
  };
});

const claims = (changes: object = {}) => ({
  iss: issuer,
  aud: "halfkey",
  sub: "ci",
  exp: now() + 300,
  ...changes,
});
const genuine = (changes: object = {}, header: object = {}) => sign(key, claims(changes), header);

function prove(token: string, by: AuthMethodRecord = method({ type: "jwt", jwt: trust })) {
  return prover.prove(by, { type: "jwt", accessId: "p-ci", token }, Deadline.in(2000));
}

async function refused(token: string, why: RegExp, by?: AuthMethodRecord): Promise<string> {
  try {
    await prove(token, by);
  } catch (error) {
    assert(error instanceof CallerError, String(error));
    assert.equal(error.code, "E_TOKEN");
    assert.match(error.message, why);
    for (const part of token.split(".").filter((one) => one.length > 8))
      assert(!error.message.includes(part));
    return error.message;
  }
  throw new assert.AssertionError({ message: "the token was accepted" });
}

describe("a genuine token", () => {
  test("gives its text claims to the session, and nothing else", async () => {
    const kept = await prove(
      await genuine({
        project_path: "infra/dns",
        groups: ["ops", "dev"],
        jti: "1",
        nonce: "2",
        admin: true,
        count: 3,
        nested: { role: "x" },
        mixed: ["a", 1],
        nothing: null,
      }),
    );
    assert.deepEqual(
      { ...kept },
      {
        iss: issuer,
        aud: "halfkey",
        sub: "ci",
        project_path: "infra/dns",
        groups: ["ops", "dev"],
      },
    );
  });

  test("is accepted with each allowed algorithm", async () => {
    await prove(await sign(rsa, claims()));
    for (const alg of ["PS256", "EdDSA", "ES384", "RS512"]) {
      const other = await newKey(`x-${alg}`, alg);
      trust = { ...trust, algorithms: [alg], jwks: JSON.stringify({ keys: [other.jwk] }) };
      await prove(await sign(other, claims()));
    }
  });

  test("is proved with keys that stand in the method, without any call", async () => {
    const { jwksUrl: _, ...inline } = trust;
    trust = { ...inline, jwks: JSON.stringify({ keys: [key.jwk] }) };
    await prove(await genuine());
    await prove(await genuine());
    assert.equal(idp.requests.length, 0);
    await refused(await sign(foreignKey, claims()), /no jwt auth method/);
  });

  test("is proved with keys that the issuer's discovery document names", async () => {
    const { jwksUrl: _, ...discovered } = trust;
    trust = { ...discovered, issuer: idp.url };
    idp.json("/.well-known/openid-configuration", { issuer: idp.url, jwks_uri: `${idp.url}/keys` });
    await prove(await genuine({ iss: idp.url }));
    assert.deepEqual(
      idp.requests.map(({ path }) => path),
      ["/.well-known/openid-configuration", "/keys"],
    );
  });
});

describe("a discovery document is not followed", () => {
  const cases: [string, (url: string) => object][] = [
    ["about another issuer", (url) => ({ issuer: "https://other.example", jwks_uri: `${url}/keys` })],
    ["to metadata", (url) => ({ issuer: url, jwks_uri: "https://169.254.169.254/keys" })],
    ["in clear", (url) => ({ issuer: url, jwks_uri: "http://idp.example/keys" })],
    ["to a file", (url) => ({ issuer: url, jwks_uri: "file:///etc/passwd" })],
    ["to nowhere", (url) => ({ issuer: url })],
  ];
  for (const [name, document] of cases) {
    test(name, async () => {
      const { jwksUrl: _, ...discovered } = trust;
      trust = { ...discovered, issuer: idp.url };
      idp.json("/.well-known/openid-configuration", document(idp.url));
      await assert.rejects(
        prove(await genuine({ iss: idp.url })),
        (error) => error instanceof OperatorError && error.code === "E_ISSUER",
      );
      assert.equal(idp.count("/keys"), 0);
    });
  }
});

describe("the same answer stands for", () => {
  let first: string;
  const cases: [string, () => string | Promise<string>, (() => AuthMethodRecord)?][] = [
    ["an unknown access id", () => genuine(), () => method({ type: "jwt" })],
    ["another issuer's key under the same id", () => sign(foreignKey, claims())],
    ["an unknown key id", () => genuine({}, { kid: "k9" })],
    ["a key id that walks", () => genuine({}, { kid: "../keys" })],
    [
      "an algorithm that the method does not allow",
      () => genuine(),
      () => method({ type: "jwt", jwt: { ...trust, algorithms: ["RS256"] } }),
    ],
    ["a key in the header", () => sign(foreignKey, claims(), { kid: "k9", jwk: foreignKey.jwk })],
  ];
  for (const [name, make, by] of cases) {
    test(name, async () => {
      const message = await refused(await make(), /no jwt auth method has this access id/, by?.());
      first ??= message;
      assert.equal(message, first);
    });
  }
});

describe("refused", () => {
  const cases: [string, () => string | Promise<string>, RegExp, Partial<JwtTrust>?][] = [
    ["alg none", () => assemble({ alg: "none" }, claims(), ""), /algorithm/],
    [
      "alg none though the method names it",
      () => assemble({ alg: "none" }, claims(), ""),
      /algorithm/,
      { algorithms: ["none"] },
    ],
    [
      "HS256 with the public key as secret, though the method names it",
      async () =>
        new SignJWT(claims())
          .setProtectedHeader({ alg: "HS256", kid: "r1" })
          .sign(Buffer.from(await exportSPKI(rsa.publicKey))),
      /algorithm/,
      { algorithms: ["HS256"] },
    ],
    ["10 MB", () => `${"e".repeat(10_000_000)}.e.e`, /longer than/],
    ["expired", () => genuine({ exp: now() - 31 }), /expired/],
    ["without an end", () => genuine({ exp: undefined }), /no time of expiry/],
    ["not valid yet", () => genuine({ nbf: now() + 31 }), /not valid yet/],
    ["another issuer", () => genuine({ iss: `${issuer}/` }), /another issuer than https/],
    ["issuers in a list", () => genuine({ iss: [issuer] }), /another issuer/],
    ["another audience", () => genuine({ aud: "vault" }), /another audience than halfkey/],
    ["no audience", () => genuine({ aud: undefined }), /another audience/],
    ["an audience that is an object", () => genuine({ aud: { 0: "halfkey" } }), /another audience/],
    ["no unique identifier", () => genuine({ sub: undefined }), /lacks the claim sub/],
    ["an empty unique identifier", () => genuine({ sub: "" }), /lacks the claim sub/],
    [
      "an inherited unique identifier",
      () => genuine(),
      /lacks the claim toString/,
      { uniqueIdentifier: "toString" },
    ],
    [
      "a bound claim that differs",
      () => genuine({ ref: "feature" }),
      /not the claim ref/,
      { boundClaims: { ref: ["main", "release-*"] } },
    ],
    ["a bound claim that is missing", () => genuine(), /not the claim ref/, { boundClaims: { ref: ["*"] } }],
    ["another client", () => genuine({ azp: "console" }), /bound-client-ids/, { clientIds: ["ci"] }],
    ["no client", () => genuine(), /bound-client-ids/, { clientIds: ["ci"] }],
    [
      "a client that hides behind another claim",
      () => genuine({ client_id: "console", azp: "ci" }),
      /bound-client-ids/,
      { clientIds: ["ci"] },
    ],
    [
      "33 claims",
      () => genuine(Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`c${at}`, "x"]))),
      /more than 32/,
    ],
    [
      "a claim of 1 KiB",
      () => genuine({ groups: Array.from({ length: 200 }, (_, at) => `group-${at}`) }),
      /longer than 1024/,
    ],
    ["a claim of 1 KiB once written", () => genuine({ long: "\u0001".repeat(200) }), /longer than 1024/],
    [
      "a signed claim that stands twice",
      () =>
        new CompactSign(Buffer.from(JSON.stringify(claims()).replace('"sub"', '"sub":"root","sub"')))
          .setProtectedHeader({ alg: "ES256", kid: "k1" })
          .sign(key.privateKey),
      /every name stands once/,
    ],
  ];
  for (const [name, make, why, changes] of cases) {
    test(name, async () => {
      trust = { ...trust, ...changes };
      await refused(await make(), why);
    });
  }
});

describe("what a method asks for is enough", () => {
  test("a bound claim", async () => {
    trust = { ...trust, boundClaims: { ref: ["main", "release-*"], groups: ["ops"] } };
    await prove(await genuine({ ref: "release-7", groups: ["dev", "ops"] }));
  });

  test("a client without an audience", async () => {
    trust = { ...trust, audiences: [], clientIds: ["ci"] };
    for (const claim of ["client_id", "azp", "cid", "appid"]) await prove(await genuine({ [claim]: "ci" }));
  });
});

test("claims called as what objects inherit stay claims", async () => {
  const raw = JSON.stringify(claims()).replace("{", '{"__proto__":"a","constructor":"b",');
  const token = await new CompactSign(Buffer.from(raw))
    .setProtectedHeader({ alg: "ES256", kid: "k1" })
    .sign(key.privateKey);
  const kept = await prove(token);
  assert.equal(JSON.parse(JSON.stringify(kept)).constructor, "b");
  assert.equal(Object.getOwnPropertyDescriptor({ ...kept }, "__proto__")?.value, "a");
});
