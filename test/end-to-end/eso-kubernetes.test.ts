/** One ClusterSecretStore for a whole cluster, and yet each namespace reads its own paths only. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { type AkeylessClient, AkeylessError } from "../support/akeyless-client.ts";
import { type Cluster, clusterToolsMissing } from "../support/cluster.ts";
import {
  audience,
  type ConnectedCluster,
  configName as config,
  connectCluster,
  patienceMs,
} from "../support/connected-cluster.ts";
import {
  clusterRoleBinding,
  dataOf,
  externalSecret,
  namespace,
  serviceAccount,
  textOf,
} from "../support/external-secrets.ts";

const missing = clusterToolsMissing();
if (missing && process.env.CI === "true") throw new Error(missing);

const own = (namespace: string) => `/mdapi/${namespace}/app/password`;
const shared = "/mdapi/gitlab/api-token";

describe("Kubernetes service accounts as callers", { skip: missing ?? false }, () => {
  let connected: ConnectedCluster;
  let cluster: Cluster;
  let admin: AkeylessClient;
  let accessId: string;
  let apiServer: ConnectedCluster["apiServer"];
  let token: ConnectedCluster["token"];

  before(async () => {
    connected = await connectCluster();
    ({ cluster, admin, accessId, apiServer, token } = connected);
    await cluster.apply(["joplin", "gitlab", "pushover"].map((name) => namespace(name)));
    await connected.grant("gitlab-token", shared, ["read"], "joplin,gitlab");
    for (const one of ["joplin", "gitlab", "pushover"])
      await admin.call("create-secret", { name: own(one), value: `of ${one}` });
    await admin.call("create-secret", { name: shared, value: "of gitlab, for two" });
  });

  afterEach((t) => {
    if ("passed" in t && !t.passed) cluster?.keepLogs();
  });

  after(async () => {
    await connected?.stop();
  });

  const externalSecretOf = (namespace: string, name: string, key: string) =>
    externalSecret(namespace, name, { refreshInterval: "10s", data: dataOf({ value: key }) });

  function logIn(jwt: string, with_: { id?: string; name?: string } = {}): Promise<Record<string, unknown>> {
    return admin.send("auth", {
      "access-type": "k8s",
      "access-id": with_.id ?? accessId,
      "k8s-auth-config-name": with_.name ?? config,
      "k8s-service-account-token": jwt,
    });
  }

  async function refusal(work: Promise<unknown>): Promise<AkeylessError> {
    try {
      await work;
    } catch (error) {
      if (error instanceof AkeylessError) return error;
      throw error;
    }
    throw new assert.AssertionError({ message: "it was not refused" });
  }

  const setMode = (mode: "offline" | "review") =>
    admin.call("gateway-update-k8s-auth-config", { name: config, mode });

  for (const mode of ["offline", "review"] as const) {
    describe(`with tokens proved ${mode}`, () => {
      before(() => setMode(mode));

      const name = (text: string) => `${text}-${mode}`;

      async function syncedValue(namespace: string, secret: string): Promise<string> {
        return cluster.waitFor(
          `a Secret ${secret} in ${namespace}`,
          async () => textOf(await cluster.get("secret", namespace, secret))?.value,
          patienceMs,
        );
      }

      async function failureOf(namespace: string, externalSecret: string): Promise<string> {
        const { message } = await cluster.waitFor(
          `an event about ${externalSecret} in ${namespace}`,
          async () => (await cluster.events(namespace, externalSecret)).find((one) => one.type === "Warning"),
          patienceMs,
        );
        return message;
      }

      for (const one of ["joplin", "gitlab"]) {
        it(`${one} gets its own secret`, async (t) => {
          const begun = performance.now();
          await cluster.apply(externalSecretOf(one, name("own"), own(one)));
          assert.equal(await syncedValue(one, name("own")), `of ${one}`);
          t.diagnostic(`after ${((performance.now() - begun) / 1000).toFixed(1)} s`);
        });

        it(`${one} gets what is shared with it`, async () => {
          await cluster.apply(externalSecretOf(one, name("shared"), shared));
          assert.equal(await syncedValue(one, name("shared")), "of gitlab, for two");
        });
      }

      it("joplin gets nothing of gitlab's, and an event says why", async () => {
        await cluster.apply(externalSecretOf("joplin", name("foreign"), own("gitlab")));
        const message = await failureOf("joplin", name("foreign"));
        assert.match(message, /401 Unauthorized.*unauthorized access for access id/);
        assert.equal(await cluster.get("secret", "joplin", name("foreign")), undefined);
      });

      it("joplin is told the same of a path that does not exist", async () => {
        await cluster.apply(externalSecretOf("joplin", name("absent"), "/mdapi/gitlab/nothing/here"));
        const foreign = await failureOf("joplin", name("foreign"));
        const absent = await failureOf("joplin", name("absent"));
        const withoutKey = (text: string, key: string) => text.replaceAll(key, "");
        assert.equal(withoutKey(absent, "/mdapi/gitlab/nothing/here"), withoutKey(foreign, own("gitlab")));
      });

      it("pushover does not get what is shared with others", async () => {
        await cluster.apply(externalSecretOf("pushover", name("shared"), shared));
        assert.match(await failureOf("pushover", name("shared")), /401 Unauthorized/);
      });

      it("refuses tokens that pods have anyway: they are for the API server", async () => {
        const { status, body } = await refusal(logIn(await token("joplin", "default")));
        assert.equal(status, 401);
        assert.match(body, /audience/);
      });

      it("takes the token raw and as base64", async () => {
        const jwt = await token("joplin", "default", audience);
        for (const spelling of [jwt, Buffer.from(jwt).toString("base64")])
          assert.match(String((await logIn(spelling)).token), /^t-/);
      });

      it("finds the only config of an access id under any name", async () => {
        assert.match(
          String((await logIn(await token("joplin", "default", audience), { name: "" })).token),
          /^t-/,
        );
      });

      it("gives the session what the cluster says of the caller", async () => {
        const { token: session } = await logIn(await token("gitlab", "default", audience));
        const { sub_claims: claims } = (await admin.send("describe-sub-claims", { token: session })) as {
          sub_claims: Record<string, string[]>;
        };
        const { metadata } = (await cluster.get("serviceaccount", "gitlab", "default")) ?? {};
        assert.deepEqual(claims, {
          aud: [audience],
          config_name: [config],
          namespace: ["gitlab"],
          service_account_name: ["default"],
          service_account_uid: [metadata.uid],
        });
      });

      it("refuses another service account of the namespace", async () => {
        await cluster.apply(serviceAccount("gitlab", name("robot")));
        const { body } = await refusal(logIn(await token("gitlab", name("robot"), audience)));
        assert.match(body, /service account is not among the bound-sa-names/);
      });

      it("refuses a token that was altered", async () => {
        const [head, body = "", signature] = (await token("joplin", "default", audience)).split(".");
        const claims = JSON.parse(Buffer.from(body, "base64url").toString());
        claims["kubernetes.io"].namespace = "gitlab";
        claims.sub = "system:serviceaccount:gitlab:default";
        const forged = [head, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
        const { status, code } = await refusal(logIn(forged));
        assert.deepEqual([status, code], [401, "E_TOKEN"]);
      });
    });
  }

  it("refuses a legacy token and says why", async () => {
    await cluster.apply({
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/service-account-token",
      metadata: {
        name: "legacy",
        namespace: "joplin",
        annotations: { "kubernetes.io/service-account.name": "default" },
      },
    });
    const legacy = await cluster.waitFor(
      "the legacy token",
      async () => (await cluster.get("secret", "joplin", "legacy"))?.data?.token as string | undefined,
      patienceMs,
    );
    const { status, body } = await refusal(logIn(legacy));
    assert.equal(status, 401);
    assert.match(body, /has no audience: such legacy tokens never expire/);
  });

  it("knows by review, and not offline, that a service account is gone", async () => {
    await admin.call("auth-method-update-k8s", { name: "eso", "bound-sa-names": [] });
    await cluster.apply(serviceAccount("joplin", "short-lived"));
    const jwt = await token("joplin", "short-lived", audience);
    await setMode("review");
    await logIn(jwt);
    await cluster.kubectl(["delete", "serviceaccount", "short-lived", "--namespace", "joplin"]);
    await cluster.waitFor(
      "the review notices",
      async () => (await refusal(logIn(jwt))).status === 401,
      patienceMs,
    );
    await setMode("offline");
    await logIn(jwt);
  });

  it("asks for reviews with the caller's own token where the config has none", async () => {
    const method = await admin.call("create-auth-method-k8s", { name: "self-review" });
    assert.equal(method.prv_key, "");
    const id = String(method.access_id);
    const name = "self-review";
    await admin.call("gateway-create-k8s-auth-config", {
      ...{ name, "access-id": id, "k8s-host": apiServer.host, "k8s-ca-cert": apiServer.ca, mode: "review" },
    });
    await logIn(await token("halfkey", "reviewer"), { id, name });
    const { body } = await refusal(logIn(await token("joplin", "default"), { id, name }));
    assert.match(body, /system:auth-delegator/);
  });

  it("reads the cluster's keys as a stranger where strangers may, and says so where not", async () => {
    const method = await admin.call("create-auth-method-k8s", { name: "anonymous", audience });
    const id = String(method.access_id);
    const name = "anonymous";
    await admin.call("gateway-create-k8s-auth-config", {
      ...{ name, "access-id": id, "k8s-host": apiServer.host, "k8s-ca-cert": apiServer.ca },
    });
    const jwt = await token("joplin", "default", audience);
    const { status, code, body } = await refusal(logIn(jwt, { id, name }));
    assert.deepEqual([status, code], [503, "E_ISSUER"]);
    assert.match(body, /does not show its keys to strangers/);
    await cluster.apply(
      clusterRoleBinding("anyone-may-see-keys", "system:service-account-issuer-discovery", {
        kind: "Group",
        name: "system:unauthenticated",
        apiGroup: "rbac.authorization.k8s.io",
      }),
    );
    await cluster.waitFor("keys for strangers", () => logIn(jwt, { id, name }), patienceMs);
  });
});
