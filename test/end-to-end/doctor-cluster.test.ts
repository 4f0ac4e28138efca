/** What keeps ExternalSecrets from syncing, found in a real cluster with the real operator. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, describe, it } from "node:test";
import { type AkeylessClient, createAkeylessClient } from "../support/akeyless-client.ts";
import {
  type Cluster,
  clusterToolsMissing,
  type KubernetesObject,
  startCluster,
} from "../support/cluster.ts";
import { type Product, startProduct } from "../support/product.ts";
import { runCli } from "../support/run-cli.ts";

const missing = clusterToolsMissing();
if (missing && process.env.CI === "true") throw new Error(missing);

const audience = "halfkey-gateway";
/** Far above what is ever seen: it only ends a test that hangs. */
const patienceMs = 60_000;
const path = "/mdapi/joplin/app/password";

describe("halfkey doctor --cluster", { skip: missing ?? false }, () => {
  let product: Product;
  let cluster: Cluster;
  let admin: AkeylessClient;
  let accessId: string;

  before(async () => {
    [product, cluster] = await Promise.all([startProduct(), startCluster()]);
    admin = createAkeylessClient(product.dev);
    await cluster.apply([
      ...["joplin", "halfkey"].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "reviewer", namespace: "halfkey" } },
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "halfkey-reviewer" },
        roleRef: {
          apiGroup: "rbac.authorization.k8s.io",
          kind: "ClusterRole",
          name: "system:auth-delegator",
        },
        subjects: [{ kind: "ServiceAccount", name: "reviewer", namespace: "halfkey" }],
      },
    ]);
    const view = JSON.parse(await cluster.kubectl(["config", "view", "--raw", "-o", "json"]));
    const { server } = view.clusters[0].cluster;
    const ca = readFileSync(view.clusters[0].cluster["certificate-authority"]).toString("base64");
    const reviewer = await cluster.kubectl(["create", "token", "reviewer", "--namespace", "halfkey"]);
    const method = await admin.call("auth-method-create-k8s", { name: "eso", audience });
    accessId = String(method.access_id);
    await admin.call("gateway-create-k8s-auth-config", {
      ...{ name: "harvester", "access-id": accessId, "k8s-host": server, "k8s-ca-cert": ca },
      "k8s-issuer": "kubernetes/serviceaccount",
      "token-reviewer-jwt": reviewer.trim(),
    });
    await admin.call("create-role", { name: "own-namespace" });
    const rule = { "role-name": "own-namespace", path: "/mdapi/{{namespace}}/*", capability: ["read"] };
    await admin.call("set-role-rule", rule);
    await admin.call("assoc-role-am", { "role-name": "own-namespace", "am-name": "eso" });
    await admin.call("create-secret", { name: path, value: "hunter2" });
    await admin.call("create-secret", { name: "/mdapi/gitlab/api-token", value: "hunter3" });

    const vaultCa = readFileSync(product.dev.caFile.replace("gateway", "vault"), "utf8");
    await cluster.apply([
      store("cm-akeyless"),
      store("other-ca", { caBundle: Buffer.from(vaultCa).toString("base64") }),
      store("other-audience", {}, ["somebody-else"]),
      store("slash", { akeylessGWApiURL: `${product.dev.akeylessUrl}/` }),
    ]);
    for (const name of ["cm-akeyless", "other-ca", "other-audience", "slash"]) {
      const isReady = async () =>
        (await cluster.get("clustersecretstore", "", name))?.status?.conditions?.some(
          (one: KubernetesObject) => one.status === "True",
        );
      await cluster.waitFor(`store ${name} is ready`, isReady, patienceMs);
    }
    await cluster.apply([
      externalSecret("fine", path),
      externalSecret("denied", "/mdapi/gitlab/api-token"),
      externalSecret("absent", "/mdapi/joplin/nothing"),
      externalSecret("ca", path, "other-ca"),
      externalSecret("audience", path, "other-audience"),
      externalSecret("url", path, "slash"),
      externalSecret("template", path, "cm-akeyless", { template: { data: { A: "{{ .NOPE }}" } } }),
      externalSecret("silent", path, "cm-akeyless", { template: { data: { A: '{{ index . "NOPE" }}' } } }),
    ]);
  });

  afterEach((t) => {
    if ("passed" in t && !t.passed) cluster?.keepLogs();
  });

  after(async () => {
    admin?.close();
    await cluster?.stop();
    await product?.stop();
  });

  async function doctor(name: string) {
    const { exitCode, stdout, stderr } = await runCli(
      ["doctor", "--cluster", "--json", "--external-secret", `joplin/${name}`],
      { env: { KUBECONFIG: cluster.kubeconfig } },
    );
    assert.equal(stderr, "");
    const output = stdout.toString();
    assert(!output.includes("hunter"), "no value is shown");
    return { exitCode, output, ...JSON.parse(output) };
  }

  const conditionOf = async (name: string) =>
    (await cluster.get("externalsecret", "joplin", name))?.status?.conditions?.find(
      (one: KubernetesObject) => one.type === "Ready",
    );

  function warningOf(name: string): Promise<string> {
    return cluster.waitFor(
      `an event about ${name}`,
      async () => (await cluster.events("joplin", name)).findLast((one) => one.type === "Warning")?.message,
      patienceMs,
    );
  }

  /** The condition says the same of all of them, and the Event what the map reads. */
  for (const [name, event, mode, next] of [
    ["denied", /401 Unauthorized/, "policy-denied", /halfkey explain/],
    ["absent", /item does not exist/, "item-absent", /halfkey put/],
    ["ca", /x509: certificate signed by unknown authority/, "store-ca", /caBundle/],
    ["audience", /is for another audience/, "wrong-audience", /serviceAccountRef\.audiences/],
    ["template", /could not apply template/, "template", /target\.template/],
  ] as const) {
    it(`${name}: ${mode}`, async () => {
      assert.match(await warningOf(name), event);
      assert.equal((await conditionOf(name)).reason, "SecretSyncedError");
      const { verdict, exitCode, output } = await doctor(name);
      assert.deepEqual([verdict?.mode, exitCode], [mode, 2], output);
      assert.match(verdict.next, next);
    });
  }

  it("nothing is wrong with what syncs, but for what no cluster tells of", async () => {
    for (const name of ["fine", "silent", "url"])
      await cluster.waitFor(
        `${name} syncs`,
        async () => (await conditionOf(name))?.status === "True",
        patienceMs,
      );
    const fine = await doctor("fine");
    assert.deepEqual([fine.verdict, fine.exitCode], [null, 0], fine.output);
    const silent = await doctor("silent");
    assert.deepEqual([silent.verdict?.mode, silent.exitCode], ["wrong-content", 2], silent.output);
    const url = await doctor("url");
    assert.equal(url.verdict?.mode, "store-url", url.output);
  });

  it("the vault is down", async () => {
    await product.kill("vault");
    await cluster.kubectl(["annotate", "externalsecret", "fine", "-n", "joplin", "try=1"]);
    await cluster.waitFor(
      "it fails",
      async () => (await conditionOf("fine"))?.status === "False",
      patienceMs,
    );
    const { verdict, exitCode, output } = await doctor("fine");
    assert.deepEqual([verdict?.mode, exitCode], ["vault-unreachable", 2], output);
    await product.startHalf("vault");
  });

  it("the gateway is down", async () => {
    await product.kill("gateway");
    await cluster.kubectl(["annotate", "externalsecret", "fine", "-n", "joplin", "try=2", "--overwrite"]);
    await cluster.waitFor(
      "it is told",
      async () => /connection refused|is not ready/.test(await warningOf("fine")),
      patienceMs,
    );
    const { verdict, exitCode, output } = await doctor("fine");
    assert.deepEqual([verdict?.mode, exitCode], ["gateway-unreachable", 2], output);
  });

  it("all is well again and the operator waits: kick it", async () => {
    await product.startHalf("gateway");
    const { verdict, output } = await doctor("fine");
    // It may have been quick.
    if ((await conditionOf("fine")).status === "True" && verdict === null) return;
    assert.match(verdict?.mode, /^(back-off|store-not-ready)$/, output);
    assert.equal(verdict.next, "halfkey k8s kick");
  });

  function store(name: string, provider: object = {}, audiences = [audience]) {
    return {
      apiVersion: "external-secrets.io/v1",
      kind: "ClusterSecretStore",
      metadata: { name },
      spec: {
        provider: {
          akeyless: {
            akeylessGWApiURL: product.dev.akeylessUrl,
            caBundle: readFileSync(product.dev.caFile).toString("base64"),
            authSecretRef: {
              kubernetesAuth: {
                accessID: accessId,
                k8sConfName: "harvester",
                serviceAccountRef: { name: "default", audiences },
              },
            },
            ...provider,
          },
        },
      },
    };
  }
});

function externalSecret(name: string, key: string, store = "cm-akeyless", target: object = {}) {
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ExternalSecret",
    metadata: { name, namespace: "joplin" },
    spec: {
      refreshInterval: "1h",
      secretStoreRef: { kind: "ClusterSecretStore", name: store },
      target: { name, ...target },
      data: [{ secretKey: "value", remoteRef: { key } }],
    },
  };
}
