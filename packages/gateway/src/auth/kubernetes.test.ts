import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import {
  type AuthMethodRecord,
  CallerError,
  type KubernetesConfigRecord,
  OperatorError,
} from "@halfkey/model";
import fc from "fast-check";
import { CompactSign, exportSPKI, SignJWT } from "jose";
import { Deadline } from "../deadline.ts";
import {
  assemble,
  IssuerDouble,
  kubernetesConfig,
  method,
  newKey,
  serviceAccountClaims,
  sign,
  silent,
  type TestKey,
} from "./issuer.testing.ts";
import { JwksCache } from "./jwks-cache.ts";
import { KubernetesProver } from "./kubernetes.ts";
import { Outbound } from "./outbound.ts";

const issuer = "https://kubernetes.default.svc";
const notOfThatCluster = /no k8s auth method has this access id .* or that cluster does not accept the token/;
const now = () => Math.floor(Date.now() / 1000);

let cluster: IssuerDouble;
let otherCluster: IssuerDouble;
let key: TestKey;
let rsa: TestKey;
let foreignKey: TestKey;
let outbound: Outbound;
let configs: KubernetesConfigRecord[];
let prover: KubernetesProver;
let eso: AuthMethodRecord;

before(async () => {
  [key, rsa, foreignKey] = await Promise.all([newKey("k1"), newKey("r1", "RS256"), newKey("k1")]);
  [cluster, otherCluster] = await Promise.all([IssuerDouble.start(), IssuerDouble.start()]);
  cluster.publish(key, rsa);
  otherCluster.publish(foreignKey);
  for (const one of [cluster, otherCluster]) one.json("/.well-known/openid-configuration", { issuer });
});
after(async () => {
  await outbound.close();
  await Promise.all([cluster.stop(), otherCluster.stop()]);
});
beforeEach(async () => {
  await outbound?.close();
  outbound = new Outbound();
  configs = [kubernetesConfig({ host: cluster.url })];
  eso = method({
    kubernetes: { audience: "halfkey-gateway", namespaces: [], serviceAccounts: [], pods: [] },
  });
  prover = new KubernetesProver({
    configs: {
      kubernetesConfig: (name) => configs.find((one) => one.name === name),
      kubernetesConfigs: () => configs.values(),
    },
    keys: new JwksCache(silent),
    outbound,
  });
});

function prove(
  token: string,
  {
    configName = "harvester",
    accessId = "p-eso",
    by = eso,
  }: { configName?: string; accessId?: string; by?: AuthMethodRecord } = {},
) {
  return prover.prove(by, { type: "k8s", accessId, configName, token }, Deadline.in(2000));
}

async function refused(token: string, why: RegExp, options?: Parameters<typeof prove>[1]): Promise<string> {
  try {
    await prove(token, options);
  } catch (error) {
    assert(error instanceof CallerError, String(error));
    assert.equal(error.code, "E_TOKEN");
    assert.match(error.message, why);
    // Nothing of the credential comes back.
    for (const part of token.split(".").filter((one) => one.length > 8))
      assert(!error.message.includes(part));
    return error.message;
  }
  throw new assert.AssertionError({ message: "the token was accepted" });
}

const genuine = (changes: object = {}, header: object = {}) =>
  sign(key, serviceAccountClaims(issuer, changes), header);

describe("a genuine token", () => {
  const claims = {
    namespace: "joplin",
    service_account_name: "default",
    service_account_uid: "11111111-0000-4000-8000-000000000000",
    aud: "halfkey-gateway",
    config_name: "harvester",
  };

  test("is accepted raw, as base64, and with white space around it", async () => {
    const token = await genuine();
    for (const spelling of [token, Buffer.from(token).toString("base64"), `${token}\n`])
      assert.deepEqual(await prove(spelling), claims);
  });

  test("is accepted with RS256 too", async () => {
    assert.deepEqual(await prove(await sign(rsa, serviceAccountClaims(issuer))), claims);
  });

  test("bound to a pod, names it", async () => {
    const token = await genuine({
      "kubernetes.io": {
        namespace: "joplin",
        serviceaccount: { name: "default" },
        pod: { name: "joplin-0", uid: "2222" },
      },
    });
    const { pod_name, pod_uid, service_account_uid } = await prove(token);
    assert.deepEqual([pod_name, pod_uid, service_account_uid], ["joplin-0", "2222", undefined]);
  });

  test("may be a little too old or too young: clocks differ", async () => {
    await prove(await genuine({ exp: now() - 20, nbf: now() - 600 }));
    await prove(await genuine({ nbf: now() + 20 }));
  });

  test("of several audiences, needs one that fits", async () => {
    const { aud } = await prove(await genuine({ aud: ["vault", "halfkey-gateway"] }));
    assert.deepEqual(aud, ["vault", "halfkey-gateway"]);
  });

  test("finds the only config of its access id", async () => {
    configs.push(kubernetesConfig({ name: "other", accessId: "p-other", host: otherCluster.url }));
    for (const configName of ["", "never-made", "/harvester", "a//b"])
      await prove(await genuine(), { configName });
  });
});

describe("what is wrong with a token alone is said to anybody", () => {
  const nobody = { accessId: "p-nobody", by: method({ accessId: "" }) };
  const cases: [string, () => string | Promise<string>, RegExp][] = [
    ["empty", () => "", /not a JWT of three parts/],
    ["no JWT", () => "t-token", /not a JWT of three parts/],
    ["base64 of no JWT", () => Buffer.from('{"a":1}').toString("base64"), /not a JWT of three parts/],
    ["five parts, as an encrypted one has", () => "eyJh.eyJh.eyJh.eyJh.eyJh", /three parts/],
    ["10 MB", () => `eyJ${"A".repeat(10_000_000)}`, /longer than 16384 bytes/],
    ["10 MB of base64", () => `ZXlK${"A".repeat(10_000_000)}`, /longer than 16384 bytes/],
    ["a header that is no JSON", () => assemble("eyJ", {}), /header/],
    ["alg none", () => assemble({ alg: "none" }, serviceAccountClaims(issuer), ""), /algorithm/],
    ["alg NONE with a signature", () => assemble({ alg: "NONE" }, serviceAccountClaims(issuer)), /algorithm/],
    ["no alg", () => assemble({ kid: "k1" }, serviceAccountClaims(issuer)), /algorithm/],
    ["alg as a list", () => assemble({ alg: ["ES256"] }, serviceAccountClaims(issuer)), /algorithm/],
    [
      "HS256 with the public key as secret",
      async () =>
        new SignJWT(serviceAccountClaims(issuer))
          .setProtectedHeader({ alg: "HS256", kid: rsa.kid })
          .sign(Buffer.from(await exportSPKI(rsa.publicKey))),
      /algorithm/,
    ],
    [
      "HS256 with the key's modulus as secret",
      () =>
        new SignJWT(serviceAccountClaims(issuer))
          .setProtectedHeader({ alg: "HS256", kid: rsa.kid })
          .sign(Buffer.from(rsa.jwk.n ?? "", "base64url")),
      /algorithm/,
    ],
    [
      "two alg",
      () => assemble('{"alg":"ES256","alg":"none","kid":"k1"}', serviceAccountClaims(issuer)),
      /header/,
    ],
    ["critical extensions", () => assemble({ alg: "ES256", crit: ["b64"], b64: false }, {}), /parameters/],
    [
      "a key id that is a number",
      () => assemble({ alg: "ES256", kid: 1 }, serviceAccountClaims(issuer)),
      /key id/,
    ],
    ["a key id of 1 KB", () => assemble({ alg: "ES256", kid: "k".repeat(1024) }, {}), /key id/],
    [
      "no signature",
      () => assemble({ alg: "ES256", kid: "k1" }, serviceAccountClaims(issuer), ""),
      /signature/,
    ],
    ["claims that are a list", () => assemble({ alg: "ES256" }, "[]"), /one JSON object/],
    [
      "a claim twice",
      () => assemble({ alg: "ES256" }, '{"aud":["a"],"sub":"x","sub":"y"}'),
      /every name stands once/,
    ],
    [
      "a claim twice, once in disguise",
      () => assemble({ alg: "ES256" }, '{"aud":["a"],"sub":"x","s\\u0075b":"y"}'),
      /every name stands once/,
    ],
    [
      "a nested claim twice",
      () => assemble({ alg: "ES256" }, '{"aud":["a"],"kubernetes.io":{"namespace":"a","namespace":"b"}}'),
      /every name stands once/,
    ],
    [
      "claims of great depth",
      () => assemble({ alg: "ES256" }, `{"a":${"[".repeat(5000)}${"]".repeat(5000)}}`),
      /./,
    ],
    [
      "claims that are no UTF-8",
      () => `eyJhbGciOiJFUzI1NiJ9.${Buffer.from('{"a":"\xff"}', "latin1").toString("base64url")}.c2ln`,
      /one JSON/,
    ],
    ["no audience", () => genuine({ aud: undefined }), /has no audience: such legacy tokens never expire/],
    ["an empty list of audiences", () => genuine({ aud: [] }), /has no audience/],
    ["an audience that is a number", () => genuine({ aud: ["halfkey-gateway", 7] }), /has no audience/],
  ];
  for (const [name, make, why] of cases) {
    test(name, async () => {
      const token = await make();
      assert.equal(await refused(token, why), await refused(token, why, nobody));
    });
  }
});

describe("the same answer stands for", () => {
  const cases: [string, () => Promise<string>, Parameters<typeof prove>[1]?][] = [
    ["an unknown access id", () => genuine(), { accessId: "p-nobody", by: method({ accessId: "" }) }],
    ["another cluster's token under the same key id", () => sign(foreignKey, serviceAccountClaims(issuer))],
    ["an unknown key id", () => genuine({}, { kid: "k9" })],
    [
      "no key id where several keys could fit",
      async () => {
        cluster.publish(key, await newKey("k2"));
        return genuine({}, { kid: undefined });
      },
    ],
    ["a key id that walks", () => genuine({}, { kid: "../../../../dev/null" })],
    ["a key id that injects", () => genuine({}, { kid: "k1' OR '1'='1" })],
    ["a key id that is an address", () => genuine({}, { kid: "http://169.254.169.254/latest" })],
    ["a key id that objects inherit", () => genuine({}, { kid: "__proto__" })],
    ["a key of another kind than the algorithm", () => genuine({}, { kid: "r1" })],
    [
      "a key that the token brings along",
      () => sign(foreignKey, serviceAccountClaims(issuer), { kid: "mine", jwk: foreignKey.jwk }),
    ],
    [
      "keys at an address that the token names",
      () =>
        sign(foreignKey, serviceAccountClaims(issuer), {
          kid: "mine",
          jku: `${otherCluster.url}/openid/v1/jwks`,
        }),
    ],
    [
      "altered claims",
      async () => {
        const [head, , signature] = (await genuine()).split(".");
        const claims = serviceAccountClaims(issuer, { sub: "system:serviceaccount:gitlab:default" });
        return `${head}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${signature}`;
      },
    ],
    [
      "a signature of zeros",
      async () =>
        `${(await genuine()).split(".").slice(0, 2).join(".")}.${Buffer.alloc(64).toString("base64url")}`,
    ],
    [
      "the config of another access id",
      async () => {
        configs.push(kubernetesConfig({ name: "other", accessId: "p-other", host: cluster.url }));
        return genuine();
      },
      { configName: "other" },
    ],
    [
      "no name where there are two configs",
      async () => {
        configs.push(kubernetesConfig({ name: "second", host: otherCluster.url }));
        return genuine();
      },
      { configName: "" },
    ],
  ];
  let first: string;
  for (const [name, make, options] of cases) {
    test(name, async () => {
      const calls = otherCluster.requests.length;
      try {
        const message = await refused(await make(), notOfThatCluster, options);
        first ??= message;
        assert.equal(message, first);
        assert.equal(otherCluster.requests.length, calls, "no other address was called");
      } finally {
        cluster.publish(key, rsa);
      }
    });
  }
});

describe("whoever has a genuine token is told what is missing", () => {
  const bounded = (changes: object) =>
    method({
      kubernetes: { namespaces: [], serviceAccounts: [], pods: [], ...changes },
    });
  const cases: [string, () => Promise<string>, RegExp, AuthMethodRecord?][] = [
    ["expired", () => genuine({ exp: now() - 31 }), /has expired/],
    ["without an end", () => genuine({ exp: undefined }), /no time of expiry/],
    ["with an end that is text", () => genuine({ exp: "9999999999" }), /no time of expiry/],
    ["not valid yet", () => genuine({ nbf: now() + 60 }), /not valid yet/],
    ["with a beginning that is text", () => genuine({ nbf: "0" }), /begins at no valid time/],
    ["for another audience", () => genuine({ aud: ["vault"] }), /another audience than halfkey-gateway/],
    [
      "for an audience that only begins alike",
      () => genuine({ aud: ["halfkey-gateway-2"] }),
      /another audience/,
    ],
    ["of another issuer", () => genuine({ iss: "https://evil.example" }), /another issuer/],
    ["without an issuer", () => genuine({ iss: undefined }), /another issuer/],
    [
      "of another namespace",
      () => genuine(),
      /bound-namespaces/,
      bounded({ namespaces: ["gitlab", "jopli", "*"] }),
    ],
    ["of another account", () => genuine(), /bound-sa-names/, bounded({ serviceAccounts: ["Default"] })],
    ["of no pod", () => genuine(), /bound to no pod/, bounded({ pods: ["joplin-0"] })],
    [
      "of another pod",
      () =>
        genuine({
          "kubernetes.io": {
            namespace: "joplin",
            serviceaccount: { name: "default" },
            pod: { name: "joplin-1" },
          },
        }),
      /pod is not among/,
      bounded({ pods: ["joplin-0"] }),
    ],
    [
      "of no service account",
      () => genuine({ "kubernetes.io": undefined, sub: "joplin" }),
      /not a service account's/,
    ],
    [
      "that contradicts itself",
      () => genuine({ sub: "system:serviceaccount:gitlab:default" }),
      /not a service account's/,
    ],
    [
      "with a namespace that is a list",
      () =>
        genuine({
          "kubernetes.io": { namespace: ["joplin"], serviceaccount: { name: "default" } },
        }),
      /not a service account's/,
    ],
  ];
  for (const [name, make, why, by] of cases) {
    test(name, async () => {
      await refused(await make(), why, by === undefined ? {} : { by });
    });
  }
});

describe("a signed claim that stands twice", () => {
  test("is refused although the signature is right", async () => {
    const claims = JSON.stringify(serviceAccountClaims(issuer));
    const twice = claims.replace('"sub":', '"sub":"system:serviceaccount:gitlab:default","sub":');
    const token = await new CompactSign(Buffer.from(twice))
      .setProtectedHeader({ alg: "ES256", kid: "k1" })
      .sign(key.privateKey);
    await refused(token, /every name stands once/);
  });
});

test("a second spelling of a genuine token is no token", async () => {
  const token = await sign(rsa, serviceAccountClaims(issuer));
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  // 256 bytes leave four bits of the last character unused.
  const last = alphabet.indexOf(token.at(-1) ?? "");
  await refused(token.slice(0, -1) + alphabet[last ^ 1], /well-formed signature/);
  await refused(`${token}=`, /well-formed signature/);
});

test("two clusters whose keys have one id are kept apart, whatever was fetched before", async () => {
  configs.push(kubernetesConfig({ name: "second", host: otherCluster.url }));
  await prove(await genuine());
  const theirs = await sign(foreignKey, serviceAccountClaims(issuer));
  assert.equal((await prove(theirs, { configName: "second" })).config_name, "second");
  await refused(theirs, notOfThatCluster);
  await refused(await genuine(), notOfThatCluster, { configName: "second" });
});

test("an issuer may be fixed, or not be asked", async () => {
  configs = [kubernetesConfig({ host: cluster.url, issuer: "https://fixed.example" })];
  await refused(await genuine(), /another issuer/);
  await prove(await genuine({ iss: "https://fixed.example" }));
  configs = [kubernetesConfig({ host: cluster.url, checkIssuer: false })];
  await prove(await genuine({ iss: "https://any.example" }));
});

test("keys are asked for with the reviewer's token and no other", async () => {
  configs = [kubernetesConfig({ host: cluster.url, reviewerToken: "reviewer" })];
  const begun = cluster.requests.length;
  await prove(await genuine());
  for (const { authorization } of cluster.requests.slice(begun))
    assert.equal(authorization, "Bearer reviewer");
  assert(cluster.requests.length > begun);
});

test("a config that may not see the keys does not stand in the way of one that may", async () => {
  const keys = JSON.stringify({ keys: [key.jwk, rsa.jwk] });
  cluster.answers.set("/openid/v1/jwks", ({ headers }, response) =>
    headers.authorization === "Bearer reviewer" ? response.end(keys) : response.writeHead(403).end(),
  );
  try {
    configs = [
      kubernetesConfig({ name: "stranger", host: cluster.url }),
      kubernetesConfig({ host: cluster.url, reviewerToken: "reviewer" }),
    ];
    for (let count = 0; count < 2; count += 1) {
      await assert.rejects(
        prove(await genuine(), { configName: "stranger" }),
        (error) =>
          error instanceof OperatorError && /does not show its keys to strangers/.test(error.message),
      );
      await prove(await genuine());
    }
  } finally {
    cluster.publish(key, rsa);
  }
});

test("keys that cannot be had are no fault of the token", async () => {
  configs = [kubernetesConfig({ host: "http://127.0.0.1:9" })];
  await assert.rejects(prove(await genuine()), (error: unknown) => {
    assert(error instanceof OperatorError && error.code === "E_ISSUER");
    assert.match(error.message, /API server of k8s-auth-config harvester: it refuses connections/);
    return true;
  });
});

test("whatever one changes in a genuine token, it is refused or means the same", async () => {
  const token = await genuine();
  const expected = await prove(token);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(token.length - 1),
      fc.constantFrom(..."AZaz09-_.=+/ \n\0é"),
      fc.constantFrom("replace", "insert", "cut"),
      async (at, character, how) => {
        const rest = token.slice(how === "insert" ? at : at + 1);
        const changed = token.slice(0, at) + (how === "cut" ? "" : character) + rest;
        if (changed.trim() === token) assert.deepEqual(await prove(changed), expected);
        else await refused(changed, /./);
      },
    ),
    { numRuns: 300 },
  );
});

test("whatever one sends, it is refused and nothing else happens", async () => {
  const text = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.tuple(fc.json(), fc.json(), fc.base64String()).map(([a, b, c]) => assemble(a, b, c)),
    fc
      .tuple(fc.constantFrom("ES256", "RS256"), fc.json())
      .map(([alg, claims]) => assemble({ alg, kid: "k1" }, claims)),
  );
  await fc.assert(
    fc.asyncProperty(text, async (token) => {
      await assert.rejects(prove(token), (error) => error instanceof CallerError && error.code === "E_TOKEN");
    }),
    { numRuns: 1000 },
  );
});
