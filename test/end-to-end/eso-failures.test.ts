/** What a user of the cluster sees when something fails, in the words of External Secrets 0.20.4, and how it recovers. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { clusterToolsMissing, type KubernetesObject } from "../support/cluster.ts";
import {
  audience,
  type ConnectedCluster,
  configName,
  connectCluster,
  patienceMs,
} from "../support/connected-cluster.ts";
import {
  asServiceAccount,
  clusterStore,
  dataOf,
  externalSecret,
  isReady,
  namespace,
  opaqueSecret,
  readyCondition,
  textOf,
  withAccessKey,
} from "../support/external-secrets.ts";

const missing = clusterToolsMissing();
if (missing && process.env.CI === "true") throw new Error(missing);

const joplin = "joplin";
const path = (name: string) => `/mdapi/joplin/app/${name}`;
const notRead = "could not get secret data from provider";
/** After a cause is mended and the operator was asked to look again. */
const recoveryMs = 20_000;

describe("failures", { skip: missing ?? false }, () => {
  let connected: ConnectedCluster;

  before(async () => {
    connected = await connectCluster({ esoFlags: ["--concurrent=5"] });
    const { cluster, admin } = connected;
    await cluster.apply([namespace(joplin), namespace("gitlab")]);
    const values: Record<string, string> = {
      password: "kept",
      empty: "",
      numbers: '{"port":5432}',
      list: "[1]",
      disabled: "x",
    };
    for (const [name, value] of Object.entries(values))
      await admin.call("create-secret", { name: path(name), value });
    await admin.call("create-secret", { name: "/mdapi/gitlab/token", value: "of gitlab" });
    await admin.call("set-item-state", { name: path("disabled"), "desired-state": "Disabled" });
  });

  afterEach((t) => {
    if ("passed" in t && !t.passed) connected?.cluster.keepLogs();
  });

  after(async () => {
    await connected?.stop();
  });

  const object = (name: string) => connected.cluster.get("externalsecret", joplin, name);
  const secret = async (name: string) => textOf(await connected.cluster.get("secret", joplin, name));

  /** Any other annotation would do: the operator looks again at what has changed. */
  const kick = (kind: string, name: string) =>
    connected.cluster.kubectl([
      ...["annotate", kind, name, "--namespace", joplin, "--overwrite"],
      `external-secrets.io/force-sync=${performance.now()}`,
    ]);

  const eventOf = (name: string, pattern: RegExp) =>
    connected.cluster.waitFor(
      `an event about ${name} like ${pattern}`,
      async () => {
        const events = await connected.cluster.events(joplin, name);
        const warnings = events.filter(({ type }) => type === "Warning").map(({ message }) => message);
        if (warnings.some((message) => pattern.test(message))) return true;
        throw new Error(`there are ${JSON.stringify(warnings)}`);
      },
      patienceMs,
    );

  const conditionOf = (name: string, wanted: { status: string; reason: string; message: string }) =>
    connected.cluster.waitFor(
      `the condition of ${name}`,
      async () => {
        const { status, reason, message } = readyCondition(await object(name)) ?? {};
        assert.deepEqual({ status, reason, message }, wanted);
        return true;
      },
      patienceMs,
    );

  const recovers = (name: string) =>
    connected.cluster.waitFor(`${name} is ready`, async () => isReady(await object(name)), recoveryMs);

  const storeIsReady = async (name: string) =>
    isReady(await connected.cluster.get("clustersecretstore", "", name));

  describe("each with its condition and its event", () => {
    interface Failure {
      readonly name: string;
      readonly says: RegExp;
      /** What its user wrote; the namespace and the interval are the table's. */
      readonly spec: KubernetesObject;
      /** The condition's message, where it is not that the provider had nothing. */
      readonly condition?: string;
      /** Takes the cause away. */
      mend?(): Promise<unknown>;
    }

    const store = (name: string) => ({
      secretStoreRef: { kind: "ClusterSecretStore", name },
      data: dataOf({ value: path("password") }),
    });
    const one = (key: string, more: object = {}) => ({
      data: [{ secretKey: "value", remoteRef: { key, ...more } }],
    });
    const rightStore = (name: string, account: object) =>
      connected.cluster.apply(clusterStore(connected.product.dev, account, name));
    const eso = () => asServiceAccount(connected.accessId, configName, audience);

    const failures: Failure[] = [
      {
        name: "policy-denied",
        spec: one("/mdapi/gitlab/token"),
        says: /can't describe item: \/mdapi\/gitlab\/token, error: .*401 Unauthorized.*unauthorized access for access id/,
        mend: () => connected.grant("gitlab-token", "/mdapi/gitlab/token", ["read"], "joplin"),
      },
      {
        name: "item-absent",
        spec: one(path("absent")),
        says: /\(key: \/mdapi\/joplin\/app\/absent\), err: item does not exist/,
        mend: () => connected.admin.call("create-secret", { name: path("absent"), value: "now" }),
      },
      {
        name: "item-disabled",
        spec: one(path("disabled")),
        says: /can't get secret value: .*item \/mdapi\/joplin\/app\/disabled is disabled/,
        mend: () =>
          connected.admin.call("set-item-state", { name: path("disabled"), "desired-state": "Enabled" }),
      },
      {
        name: "wrong-authority",
        spec: store("wrong-authority"),
        says: /authentication failed: .*x509: certificate signed by unknown authority/,
        mend: () => rightStore("wrong-authority", eso()),
      },
      {
        name: "wrong-audience",
        spec: store("wrong-audience"),
        says: /authentication failed: .*is for another audience than/,
        mend: () => rightStore("wrong-audience", eso()),
      },
      {
        name: "unknown-access-id",
        spec: store("unknown-access-id"),
        says: /authentication failed: .*no k8s auth method has this access id and k8s-auth-config-name/,
      },
      {
        name: "wrong-access-key",
        spec: store("wrong-access-key"),
        says: /authentication failed: .*unknown access id or wrong credentials/,
      },
      {
        name: "credentials-absent",
        spec: store("credentials-absent"),
        says: /could not fetch accessID secret: cannot get Kubernetes secret "nowhere" from namespace "joplin"/,
      },
      {
        name: "account-absent",
        spec: store("account-absent"),
        says: /cannot request Kubernetes service account token for service account "nobody"/,
      },
      {
        name: "property-absent",
        spec: one(path("numbers"), { property: "nope" }),
        says: /key nope does not exist in value \/mdapi\/joplin\/app\/numbers/,
      },
      {
        name: "value-empty",
        spec: one(path("empty")),
        says: /invalid value received, found no value string/,
      },
      {
        name: "extract-number",
        spec: { dataFrom: [{ extract: { key: path("numbers") } }] },
        says: /cannot unmarshal number/,
      },
      {
        name: "extract-list",
        spec: { dataFrom: [{ extract: { key: path("list") } }] },
        says: /cannot unmarshal array/,
      },
      {
        name: "template-key",
        spec: {
          ...one(path("password")),
          target: { name: "template-key", template: { data: { A: "{{ .nope }}" } } },
        },
        says: /could not apply template: .*map has no entry for key "nope"/,
        condition: "could not update secret",
      },
      {
        name: "store-absent",
        spec: store("store-absent"),
        says: /could not get ClusterSecretStore "store-absent"/,
      },
      {
        name: "store-unreachable",
        spec: store("store-unreachable"),
        says: /ClusterSecretStore "store-unreachable" is not ready/,
      },
    ];

    before(async () => {
      const { cluster, product, accessId, apiServer } = connected;
      const { dev } = product;
      const otherCa = Buffer.from(apiServer.ca, "base64").toString();
      const strangers = clusterStore(dev, eso(), "wrong-authority");
      strangers.spec.provider.akeyless.caBundle = Buffer.from(otherCa).toString("base64");
      await cluster.apply([
        opaqueSecret(joplin, "wrong-key", {
          accessId: dev.accessId,
          accessType: "api_key",
          accessTypeParam: "bm90IHRoZSBrZXksIGJ1dCBhcyBsb25nIGFzIG9uZSE=",
        }),
        strangers,
        clusterStore(dev, asServiceAccount(accessId, configName, "another"), "wrong-audience"),
        clusterStore(dev, asServiceAccount("p-unknown00000", configName, audience), "unknown-access-id"),
        clusterStore(dev, withAccessKey(joplin, "wrong-key"), "wrong-access-key"),
        clusterStore(dev, withAccessKey(joplin, "nowhere"), "credentials-absent"),
        clusterStore(
          dev,
          {
            kubernetesAuth: {
              accessID: accessId,
              k8sConfName: configName,
              serviceAccountRef: { name: "nobody", audiences: [audience] },
            },
          },
          "account-absent",
        ),
        clusterStore(
          { ...dev, akeylessUrl: "https://127.0.0.1:1/akeyless-api/v2" },
          eso(),
          "store-unreachable",
        ),
      ]);
      // A store says of itself that it is ready as soon as its port accepts a connection.
      for (const name of ["wrong-authority", "wrong-audience", "unknown-access-id", "wrong-access-key"])
        await cluster.waitFor(`the store ${name}`, () => storeIsReady(name), patienceMs);
      await cluster.waitFor(
        "the unreachable store says so",
        async () => {
          const found = readyCondition(await cluster.get("clustersecretstore", "", "store-unreachable"));
          return found?.status === "False" && found.reason === "InvalidProviderConfig";
        },
        patienceMs,
      );
      await cluster.apply(failures.map(({ name, spec }) => externalSecret(joplin, name, spec)));
    });

    for (const { name, says, condition = notRead } of failures) {
      it(name, async () => {
        await eventOf(name, says);
        if (!name.startsWith("store-"))
          await conditionOf(name, { status: "False", reason: "SecretSyncedError", message: condition });
        assert.equal(isReady(await object(name)), false);
        assert.equal(await secret(name), undefined);
      });
    }

    it("a search that finds nothing is no failure, and makes no Secret", async () => {
      const find = { path: "/mdapi/joplin/nothing", name: { regexp: ".*" } };
      await connected.cluster.apply(externalSecret(joplin, "found-nothing", { dataFrom: [{ find }] }));
      await conditionOf("found-nothing", {
        status: "True",
        reason: "SecretSynced",
        message: "secret retained due to DeletionPolicy=Retain",
      });
      assert.equal(await secret("found-nothing"), undefined);
      await connected.cluster.kubectl(["delete", "externalsecret", "found-nothing", "--namespace", joplin]);
    });

    it("an item that is deleted takes no Secret along, whatever the deletionPolicy", async () => {
      const { admin, cluster } = connected;
      const name = "item-deleted";
      await admin.call("create-secret", { name: path(name), value: "last" });
      const target = { name, deletionPolicy: "Delete" };
      await cluster.apply(externalSecret(joplin, name, { target, data: dataOf({ value: path(name) }) }));
      await cluster.waitFor("the Secret", async () => (await secret(name))?.value === "last", patienceMs);
      await admin.call("delete-item", { name: path(name) });
      await conditionOf(name, { status: "False", reason: "SecretSyncedError", message: notRead });
      await eventOf(name, /item does not exist/);
      assert.deepEqual(await secret(name), { value: "last" });
    });

    for (const { name, mend } of failures) {
      if (mend === undefined) continue;
      it(`${name} recovers`, async () => {
        await mend();
        await kick("externalsecret", name);
        await recovers(name);
        assert.notEqual(await secret(name), undefined);
      });
    }
  });

  describe("a half that is gone and comes back", () => {
    const names = ["first", "second"];

    before(async () => {
      const { cluster } = connected;
      await cluster.kubectl(["delete", "externalsecrets", "--all", "--namespace", joplin]);
      await cluster.apply(
        names.map((name) => externalSecret(joplin, name, { data: dataOf({ value: path("password") }) })),
      );
      for (const name of names)
        await cluster.waitFor(`${name} is ready`, async () => isReady(await object(name)), patienceMs);
    });

    const outages = {
      gateway: /authentication failed: Post "https:.*\/auth": .*(connection refused|EOF|connection reset)/,
      vault: /can't get secret value: .*"vault https:[^ ]* refuses connections/,
    };

    for (const half of ["gateway", "vault"] as const) {
      it(`the ${half}: Secrets stay as they are, the event says why, and all follow when it is back`, async (t) => {
        const { cluster, product, admin } = connected;
        const value = (await secret("first"))?.value;
        await product.kill(half);
        for (const name of names) {
          await conditionOf(name, { status: "False", reason: "SecretSyncedError", message: notRead });
          await eventOf(name, outages[half]);
          assert.deepEqual(await secret(name), { value });
        }
        assert(await storeIsReady("cm-akeyless"), "the store does not notice");

        await product.startHalf(half);
        const begun = performance.now();
        await cluster.waitFor(
          "writes work",
          () => admin.call("update-secret-val", { name: path("password"), value: `after the ${half}` }),
          patienceMs,
        );
        for (const name of names) await kick("externalsecret", name);
        for (const name of names) {
          await recovers(name);
          await cluster.waitFor(
            "the new value",
            async () => (await secret(name))?.value === `after the ${half}`,
            recoveryMs,
          );
        }
        t.diagnostic(
          `synced ${((performance.now() - begun) / 1000).toFixed(1)} s after the ${half} was back`,
        );
      });
    }

    it("the gateway: without being asked, all follow by themselves after a short outage", async (t) => {
      const { cluster, product } = connected;
      await product.kill("gateway");
      for (const name of names)
        await conditionOf(name, { status: "False", reason: "SecretSyncedError", message: notRead });
      await product.startHalf("gateway");
      const begun = performance.now();
      // The operator's own back-off doubles from one second; the outage was that of a restart.
      for (const name of names)
        await cluster.waitFor(`${name} is ready`, async () => isReady(await object(name)), patienceMs);
      t.diagnostic(`after ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    });
  });
});
