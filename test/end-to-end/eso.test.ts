import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, describe, it } from "node:test";
import { type AkeylessClient, createAkeylessClient } from "../support/akeyless-client.ts";
import { type Cluster, clusterToolsMissing, startCluster } from "../support/cluster.ts";
import { startProduct } from "../support/product.ts";

const missing = clusterToolsMissing();
if (missing && process.env.CI === "true") throw new Error(missing);

const namespace = "joplin";
const path = "/mdapi/joplin/tsig-secret/tsig-secret-key";
/** Far above what is ever seen: it only ends a test that hangs. */
const patienceMs = 60_000;

describe("the External Secrets Operator with a gateway as its provider", { skip: missing ?? false }, () => {
  let product: Awaited<ReturnType<typeof startProduct>> | undefined;
  let cluster: Cluster;
  let client: AkeylessClient;

  before(async () => {
    product = await startProduct();
    client = createAkeylessClient(product.dev);
    cluster = await startCluster();
    await cluster.apply([
      { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "halfkey-credentials", namespace },
        stringData: {
          accessId: product.dev.accessId,
          accessType: "api_key",
          accessTypeParam: product.dev.accessKey,
        },
      },
      store(product.dev.akeylessUrl, product.dev.caFile),
    ]);
    // An ExternalSecret that comes before its store is ready waits for the operator's back-off.
    await cluster.waitFor(
      "the store is ready",
      async () => isReady(await cluster.get("clustersecretstore", "", "cm-akeyless")),
      patienceMs,
    );
  });

  afterEach((t) => {
    if ("passed" in t && !t.passed) cluster?.keepLogs();
  });

  after(async () => {
    client?.close();
    await cluster?.stop();
    await product?.stop();
  });

  const secretValue = async () => {
    const secret = await cluster.get("secret", namespace, "tsig");
    return secret && Buffer.from(secret.data["tsig-secret-key"], "base64").toString("utf8");
  };

  it("makes a Secret of the item that an ExternalSecret names", async (t) => {
    await client.call("create-secret", { name: path, value: "first value" });
    const seconds = stopwatch();
    await cluster.apply(externalSecret("tsig", path));
    assert.equal(await cluster.waitFor("the Secret exists", secretValue, patienceMs), "first value");
    t.diagnostic(`Secret ${seconds()} s after its ExternalSecret`);
  });

  it("follows an update of the item", async (t) => {
    const seconds = stopwatch();
    await client.call("update-secret-val", { name: path, value: "second value" });
    await cluster.waitFor("the new value", async () => (await secretValue()) === "second value", patienceMs);
    t.diagnostic(`new value ${seconds()} s after the update`);
  });

  it("takes the Secret away with its ExternalSecret", async (t) => {
    assert.notEqual(await secretValue(), undefined, "there is a Secret to take away");
    const seconds = stopwatch();
    await cluster.kubectl(["delete", "externalsecret", "tsig", "--namespace", namespace]);
    await cluster.waitFor("no Secret", async () => (await secretValue()) === undefined, patienceMs);
    t.diagnostic(`Secret gone ${seconds()} s after its ExternalSecret`);
  });

  it("tells by an event that an item does not exist", async (t) => {
    const seconds = stopwatch();
    await cluster.apply(externalSecret("absent", "/mdapi/joplin/absent/key"));
    const failure = await cluster.waitFor(
      "an event about the ExternalSecret",
      async () => (await cluster.events(namespace, "absent")).find(({ type }) => type === "Warning"),
      patienceMs,
    );
    t.diagnostic(`event ${seconds()} s after the ExternalSecret`);
    assert.match(failure.message, /\(key: \/mdapi\/joplin\/absent\/key\).*item does not exist/);
    assert.equal(await cluster.get("secret", namespace, "absent"), undefined);
  });
});

function store(akeylessUrl: string, caFile: string) {
  const credential = (key: string) => ({ name: "halfkey-credentials", namespace, key });
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ClusterSecretStore",
    metadata: { name: "cm-akeyless" },
    spec: {
      provider: {
        akeyless: {
          akeylessGWApiURL: akeylessUrl,
          caBundle: readFileSync(caFile).toString("base64"),
          authSecretRef: {
            secretRef: {
              accessID: credential("accessId"),
              accessType: credential("accessType"),
              accessTypeParam: credential("accessTypeParam"),
            },
          },
        },
      },
    },
  };
}

function externalSecret(name: string, key: string) {
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ExternalSecret",
    metadata: { name, namespace },
    spec: {
      refreshInterval: "2s",
      secretStoreRef: { kind: "ClusterSecretStore", name: "cm-akeyless" },
      target: { name },
      data: [{ secretKey: "tsig-secret-key", remoteRef: { key } }],
    },
  };
}

function isReady(
  object: { status?: { conditions?: { type: string; status: string }[] } } | undefined,
): boolean {
  return (
    object?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false
  );
}

/** Its seconds include the start of one or two kubectl commands, 0.1 s each. */
function stopwatch(): () => string {
  const start = performance.now();
  return () => ((performance.now() - start) / 1000).toFixed(1);
}
