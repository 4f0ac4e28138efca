import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import {
  type AuthMethodRecord,
  CallerError,
  type KubernetesConfigRecord,
  OperatorError,
} from "@halfkey/model";
import { Deadline } from "../deadline.ts";
import {
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

const path = "/apis/authentication.k8s.io/v1/tokenreviews";
const issuer = "https://kubernetes.default.svc";
const accepted = {
  authenticated: true,
  audiences: ["halfkey-gateway"],
  user: { username: "system:serviceaccount:joplin:default", uid: "11111111-0000-4000-8000-000000000000" },
};

let cluster: IssuerDouble;
let key: TestKey;
const outbound = new Outbound();
let config: KubernetesConfigRecord;
let eso: AuthMethodRecord;
let token: string;

before(async () => {
  [key, cluster] = await Promise.all([newKey("unpublished"), IssuerDouble.start()]);
});
after(async () => {
  await outbound.close();
  await cluster.stop();
});
beforeEach(async () => {
  cluster.requests.length = 0;
  config = kubernetesConfig({ host: cluster.url, mode: "review", reviewerToken: "reviewer" });
  eso = method({
    kubernetes: { audience: "halfkey-gateway", namespaces: [], serviceAccounts: [], pods: [] },
  });
  token = await sign(key, serviceAccountClaims(issuer));
});

/** The API server's answer, as far as anybody reads it. */
const answer = (status: unknown, code = 201) => cluster.json(path, { kind: "TokenReview", status }, code);

function prove(deadline = Deadline.in(2000)) {
  const prover = new KubernetesProver({
    configs: { kubernetesConfig: () => config, kubernetesConfigs: () => [config].values() },
    keys: new JwksCache(silent),
    outbound,
  });
  return prover.prove(eso, { type: "k8s", accessId: "p-eso", configName: "harvester", token }, deadline);
}

async function refusal(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await work;
  } catch (error) {
    assert(error instanceof CallerError || error instanceof OperatorError, String(error));
    assert(!error.message.includes(token.slice(0, 20)) && !error.message.includes("reviewer "));
    return error;
  }
  throw new assert.AssertionError({ message: "the token was accepted" });
}

test("the API server is asked about exactly this token and this audience, by the reviewer", async () => {
  answer(accepted);
  const claims = await prove();
  assert.equal(claims.namespace, "joplin");
  const [request] = cluster.requests;
  assert.equal(cluster.requests.length, 1, "no keys are fetched");
  assert.equal(request?.authorization, "Bearer reviewer");
  assert.deepEqual(JSON.parse(request?.body ?? ""), {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    spec: { token, audiences: ["halfkey-gateway"] },
  });
});

test("a method without an audience asks for the token's own", async () => {
  eso = method({ kubernetes: { namespaces: [], serviceAccounts: [], pods: [] } });
  token = await sign(key, serviceAccountClaims(issuer, { aud: ["a", "b"] }));
  answer({ ...accepted, audiences: ["a"] });
  assert.deepEqual((await prove()).aud, ["a", "b"]);
  assert.deepEqual(JSON.parse(cluster.requests[0]?.body ?? "").spec.audiences, ["a", "b"]);
});

test("it is asked anew each time: what was accepted before counts for nothing", async () => {
  answer(accepted);
  await prove();
  answer({ authenticated: false });
  assert.equal((await refusal(prove())).code, "E_TOKEN");
});

describe("refused", () => {
  const cases: [string, unknown][] = [
    ["not authenticated", { authenticated: false, error: 'token audiences ["secret"]' }],
    ["authenticated as text", { ...accepted, authenticated: "true" }],
    ["no status", undefined],
    ["a status that is a list", [accepted]],
    ["no audiences, from a server that knows none", { ...accepted, audiences: undefined }],
    ["other audiences", { ...accepted, audiences: ["halfkey"] }],
    ["audiences as text", { ...accepted, audiences: "halfkey-gateway" }],
    [
      "another account",
      { ...accepted, user: { ...accepted.user, username: "system:serviceaccount:gitlab:default" } },
    ],
    ["a human", { ...accepted, user: { username: "admin" } }],
    ["nobody", { ...accepted, user: undefined }],
    ["an account that was made anew", { ...accepted, user: { ...accepted.user, uid: "2" } }],
  ];
  for (const [name, status] of cases) {
    test(name, async () => {
      answer(status);
      const { code, message } = await refusal(prove());
      assert.equal(code, "E_TOKEN");
      assert(!message.includes("secret"));
    });
  }

  test("what the claims say is checked as well", async () => {
    answer(accepted);
    token = await sign(key, serviceAccountClaims(issuer, { exp: Math.floor(Date.now() / 1000) - 60 }));
    assert.match((await refusal(prove())).message, /expired/);
    token = await sign(key, serviceAccountClaims("https://evil.example"));
    config = { ...config, issuer };
    assert.match((await refusal(prove())).message, /another issuer/);
  });
});

describe("with the caller's own token", () => {
  beforeEach(() => {
    const { reviewerToken: _, ...without } = config;
    config = without;
  });

  test("that token asks about itself", async () => {
    answer(accepted);
    await prove();
    assert.equal(cluster.requests[0]?.authorization, `Bearer ${token}`);
  });

  test("an API server that does not know it has refused it", async () => {
    answer(undefined, 401);
    assert.match((await refusal(prove())).message, /that cluster does not accept the token/);
  });

  test("an account that may not ask is told what it needs", async () => {
    answer(undefined, 403);
    const { code, message } = await refusal(prove());
    assert.equal(code, "E_TOKEN");
    assert.match(message, /system:auth-delegator/);
  });
});

describe("an API server that cannot be asked is no fault of the token", () => {
  for (const [status, why] of [
    [401, /refuses the token-reviewer-jwt/],
    [403, /system:auth-delegator/],
    [404, /status 404/],
    [429, /status 429/],
    [500, /status 500/],
    [302, /redirects/],
  ] as const) {
    test(`status ${status}`, async () => {
      answer(accepted, status);
      const { code, message } = await refusal(prove());
      assert.equal(code, "E_ISSUER");
      assert.match(message, why);
    });
  }

  test("an answer that does not come", async () => {
    cluster.answers.set(path, () => {});
    const { code, message } = await refusal(prove(Deadline.in(100)));
    assert.equal(code, "E_ISSUER");
    assert.match(message, /did not answer in time/);
  });

  test("an answer without end", async () => {
    cluster.answers.set(path, (_request, response) => response.writeHead(201).end(Buffer.alloc(300_000, 32)));
    assert.match((await refusal(prove())).message, /longer than/);
  });
});
