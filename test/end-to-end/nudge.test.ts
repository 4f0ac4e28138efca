/** After a change, what reads it is synced at once, and nothing else is: External Secrets itself would take an hour. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { type KubernetesCluster, type KubernetesObject, kinds, openCluster } from "@halfkey/kubernetes";
import { layout } from "../../dev/layout.ts";
import { type AkeylessClient, createAkeylessClient } from "../support/akeyless-client.ts";
import { type Cluster, clusterToolsMissing, startCluster } from "../support/cluster.ts";
import { gatewayPage } from "../support/gateway-page.ts";
import { externalSecret, storeObjects, writeNudgeKubeconfig } from "../support/nudge-set-up.ts";
import { type Product, startProduct } from "../support/product.ts";

const missing = clusterToolsMissing();
if (missing && process.env.CI === "true") throw new Error(missing);

const namespace = "joplin";
const password = "/mdapi/joplin/app/password";
const json = "/mdapi/joplin/app/json";
const tagged = "/mdapi/joplin/other/tagged";
/** Far above what is ever seen: it only ends a test that hangs. */
const patienceMs = 30_000;

const key = (path: string, more: object = {}) => ({
  data: [{ secretKey: "value", remoteRef: { key: path, ...more } }],
});
const find = (what: object) => ({ dataFrom: [{ find: what }] });
const specs: Record<string, object> = {
  exact: key(password),
  property: key(json, { property: "user" }),
  extract: { dataFrom: [{ extract: { key: json } }] },
  "by-path": find({ path: "/mdapi/joplin/found", name: { regexp: ".*" } }),
  "by-name": find({ name: { regexp: "^/mdapi/pool/.*-tsig$" } }),
  "by-tag": find({ tags: { environment: "production" } }),
  unrelated: key("/mdapi/joplin/app/unrelated"),
  "created-once": { ...key(password), refreshPolicy: "CreatedOnce" },
  "never-refreshed": { ...key(password), refreshInterval: "0s" },
};

describe("the nudge", { skip: missing ?? false }, () => {
  const env: Record<string, string> = {};
  let product: Product;
  let cluster: Cluster;
  let client: AkeylessClient;
  let api: KubernetesCluster;
  /** Names of ExternalSecrets of joplin that were marked since {@link nudged} last began. */
  const marked = new Set<string>();
  const current = new Map<string, KubernetesObject>();
  const watching = new AbortController();

  before(async () => {
    cluster = await startCluster();
    [product] = await Promise.all([
      startProduct({ env }),
      cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }),
    ]);
    client = createAkeylessClient(product.dev);
    api = await openCluster({ kubeconfigFile: cluster.kubeconfig });
    await cluster.apply(storeObjects(product.dev));
    await writeNudgeKubeconfig(cluster, join(product.dataDir, "nudge.kubeconfig"));
    const create = (name: string, value: string, tags: string[] = []) =>
      client.call("create-secret", { name, value, tags });
    await create(password, "first");
    await create(json, '{"user":"first","port":"1"}');
    await create("/mdapi/joplin/app/unrelated", "first");
    await create("/mdapi/joplin/found/a", "first");
    await create("/mdapi/pool/a-tsig", "first");
    await create(tagged, "first");
    await create("/mdapi/joplin/other/tagged-before", "first", ["production"]);
    await ready("clustersecretstore", "", "cm-akeyless");
    await cluster.apply(Object.entries(specs).map(([name, spec]) => externalSecret(namespace, name, spec)));
    for (const name of Object.keys(specs)) await ready("externalsecret", namespace, name);
    void api.watch(
      kinds.externalSecret,
      {
        changed(object) {
          current.set(object.metadata.name, object);
          if (/^halfkey-/.test(object.status?.syncedResourceVersion ?? "")) marked.add(object.metadata.name);
        },
        removed() {},
      },
      { namespace, signal: watching.signal },
    );
    await cluster.waitFor("the watch", async () => current.size === Object.keys(specs).length, patienceMs);
  });

  afterEach((t) => {
    if ("passed" in t && !t.passed) cluster?.keepLogs();
  });

  after(async () => {
    watching.abort();
    client?.close();
    await api?.close();
    await cluster?.stop();
    await product?.stop();
  });

  const condition = (object: Pick<KubernetesObject, "status"> | undefined) =>
    object?.status?.conditions?.find(({ type }: { type: string }) => type === "Ready");

  const ready = (kind: string, within: string, name: string) =>
    cluster.waitFor(
      `${name} is Ready`,
      async () => condition(await cluster.get(kind, within, name))?.status === "True",
      patienceMs,
    );

  async function secretOf(name: string, within = namespace): Promise<Record<string, string>> {
    const secret = await api.get(kinds.secret, within, name);
    const data = Object.entries<string>(secret?.data ?? {});
    return Object.fromEntries(
      data.map(([one, value]) => [one, Buffer.from(value, "base64").toString("utf8")]),
    );
  }

  async function restartGateway(settings: Record<string, string>): Promise<void> {
    await product.kill("gateway");
    Object.assign(env, settings);
    await product.startHalf("gateway");
  }

  const nudgeState = async () => (await gatewayPage(product.dev, "/ready")).body.nudge;
  const watches = () =>
    cluster.waitFor("the nudge watches", async () => (await nudgeState()) === "watching", patienceMs);

  /** Makes a change; then these, and only these, have been nudged, and the Secret of each is as wanted. */
  async function nudged(
    change: () => Promise<unknown>,
    wanted: Record<string, (secret: Record<string, string>) => boolean>,
  ): Promise<string> {
    marked.clear();
    await change();
    const begun = performance.now();
    for (const [name, isRight] of Object.entries(wanted))
      await cluster.waitFor(`the Secret of ${name}`, async () => isRight(await secretOf(name)), patienceMs);
    const took = `${((performance.now() - begun) / 1000).toFixed(2)} s`;
    await cluster.waitFor("all marks", async () => marked.size >= Object.keys(wanted).length, patienceMs);
    assert.deepEqual([...marked].sort(), Object.keys(wanted).sort());
    return took;
  }

  it("is off unless it is wanted: nothing is told, and nothing is shown", async () => {
    assert.equal(await nudgeState(), undefined);
    await client.call("update-secret-val", { name: password, value: "second" });
  });

  it("serves with a kubeconfig that is not there, and says so", async () => {
    const kubeconfig = join(product.dataDir, "no-such-file");
    await restartGateway({ HALFKEY_GATEWAY_NUDGE: "true", HALFKEY_GATEWAY_NUDGE_KUBECONFIG: kubeconfig });
    await cluster.waitFor("it fails", async () => (await nudgeState()) === "failing", patienceMs);
    const { status } = await gatewayPage(product.dev, "/ready");
    assert.equal(status, 200);
    const reply = await client.call("get-secret-value", { names: [password] });
    assert.equal(reply[password], "second");
    assert.match(readFileSync(layout(product.dataDir).log("gateway"), "utf8"), /the nudge does not work/);
  });

  it("has told nobody of a change while it was off or lost", async () => {
    assert.deepEqual([...marked], []);
    assert.deepEqual(await secretOf("exact"), { value: "first" });
  });

  it("runs as an account that can read no Secret and change no spec", async () => {
    const kubeconfig = join(product.dataDir, "nudge.kubeconfig");
    await restartGateway({
      HALFKEY_GATEWAY_NUDGE_KUBECONFIG: kubeconfig,
      HALFKEY_GATEWAY_NUDGE_RESTARTS: "true",
    });
    await watches();
    const nudge = await openCluster({ kubeconfigFile: kubeconfig });
    await assert.rejects(nudge.list(kinds.secret), { failure: "forbidden" });
    await assert.rejects(nudge.get(kinds.secret, namespace, "exact"), { failure: "forbidden" });
    const patch = { spec: { refreshInterval: "2h" } };
    await assert.rejects(nudge.mergePatch(kinds.externalSecret, namespace, "exact", patch), {
      failure: "forbidden",
    });
    await nudge.close();
  });

  it("leaves what its owner wants to be left: created once, or never refreshed", async (t) => {
    const update = () => client.call("update-secret-val", { name: password, value: "third" });
    t.diagnostic(await nudged(update, { exact: ({ value }) => value === "third" }));
    for (const name of ["created-once", "never-refreshed"])
      assert.deepEqual(await secretOf(name), { value: "first" });
  });

  it("nudges whoever takes a property, or all of them", async (t) => {
    const update = () =>
      client.call("update-secret-val", { name: json, value: '{"user":"second","port":"2"}' });
    const wanted = {
      property: ({ value }: Record<string, string>) => value === "second",
      extract: ({ user, port }: Record<string, string>) => user === "second" && port === "2",
    };
    t.diagnostic(await nudged(update, wanted));
  });

  it("nudges searches by path, name and tag when there is more to find", async () => {
    await nudged(() => client.call("create-secret", { name: "/mdapi/joplin/found/b", value: "new" }), {
      "by-path": (secret) => secret._mdapi_joplin_found_b === "new",
    });
    await nudged(() => client.call("create-secret", { name: "/mdapi/pool/b-tsig", value: "new" }), {
      "by-name": (secret) => secret["_mdapi_pool_b-tsig"] === "new",
    });
    await nudged(() => client.call("update-item", { name: tagged, "add-tag": ["production"] }), {
      "by-tag": (secret) => secret._mdapi_joplin_other_tagged === "first",
    });
  });

  it("nudges searches when there is less to find", async () => {
    await nudged(() => client.call("update-item", { name: tagged, "rm-tag": ["production"] }), {
      "by-tag": (secret) => !("_mdapi_joplin_other_tagged" in secret),
    });
    await nudged(() => client.call("delete-item", { name: "/mdapi/joplin/found/b" }), {
      "by-path": (secret) => !("_mdapi_joplin_found_b" in secret),
    });
  });

  it("nudges at deletion, and at the return", async () => {
    marked.clear();
    await client.call("delete-item", { name: password });
    const exact = () => condition(current.get("exact"));
    await cluster.waitFor("the failure shows", async () => exact()?.status === "False", patienceMs);
    assert.deepEqual([...marked], ["exact"]);
    await client.call("../../halfkey/v1/undelete", { name: password });
    await cluster.waitFor("it is Ready again", async () => exact()?.status === "True", patienceMs);
  });

  it("nudges all children of a ClusterExternalSecret, whose annotations External Secrets keeps", async (t) => {
    const names = Array.from({ length: 10 }, (_, index) => `team-${index}`);
    await cluster.apply(
      names.map((name) => ({
        ...{ apiVersion: "v1", kind: "Namespace" },
        metadata: { name, labels: { team: "yes" } },
      })),
    );
    await cluster.apply({
      apiVersion: "external-secrets.io/v1",
      kind: "ClusterExternalSecret",
      metadata: { name: "for-teams" },
      spec: {
        namespaceSelectors: [{ matchLabels: { team: "yes" } }],
        externalSecretSpec: externalSecret("", "", key("/mdapi/joplin/app/unrelated")).spec,
      },
    });
    const all = (value: string) =>
      cluster.waitFor(
        `all have ${value}`,
        async () =>
          (await Promise.all(names.map((one) => secretOf("for-teams", one)))).every(
            (secret) => secret.value === value,
          ),
        patienceMs,
      );
    await all("first");
    await client.call("update-secret-val", { name: "/mdapi/joplin/app/unrelated", value: "second" });
    const begun = performance.now();
    await all("second");
    t.diagnostic(`10 namespaces after ${((performance.now() - begun) / 1000).toFixed(2)} s`);
  });

  it("restarts the workloads that ask for it, once their Secret is new", async () => {
    const deployment = (name: string, annotations: Record<string, string>) => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace, annotations },
      spec: {
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: {
            containers: [{ name: "app", image: "app", envFrom: [{ secretRef: { name: "exact" } }] }],
          },
        },
      },
    });
    await cluster.apply([
      deployment("asks", { "halfkey.dev/restart-on-change": "true" }),
      deployment("names-another", { "halfkey.dev/restart-on-change": "created-once" }),
      deployment("does-not-ask", {}),
    ]);
    // What an earlier test changed may still cause a restart.
    const begun = new Date().toISOString();
    await nudged(() => client.call("update-secret-val", { name: password, value: "fourth" }), {
      exact: ({ value }) => value === "fourth",
    });
    const restartedAt = async (name: string) =>
      (await api.get(kinds.deployment, namespace, name))?.spec.template.metadata.annotations?.[
        "halfkey.dev/restarted-at"
      ];
    await cluster.waitFor("the restart", async () => (await restartedAt("asks")) > begun, patienceMs);
    assert.equal(await restartedAt("names-another"), undefined);
    assert.equal(await restartedAt("does-not-ask"), undefined);
  });

  it("kicks store and ExternalSecrets after an outage of the gateway", async (t) => {
    await product.kill("gateway");
    const touch = (kind: (typeof kinds)[keyof typeof kinds], within: string, name: string) =>
      api.mergePatch(kind, within, name, { metadata: { annotations: { touched: "during the outage" } } });
    await touch(kinds.clusterSecretStore, "", "cm-akeyless");
    const store = () => cluster.get("clustersecretstore", "", "cm-akeyless");
    await cluster.waitFor("no store", async () => condition(await store())?.status === "False", patienceMs);
    await touch(kinds.externalSecret, namespace, "exact");
    await cluster.waitFor(
      "failure",
      async () => condition(current.get("exact"))?.status === "False",
      patienceMs,
    );
    const retries = async () =>
      (await cluster.events(namespace, "exact")).find(({ message }) => message.includes("is not ready"));
    // By now External Secrets waits for eight seconds and more.
    await cluster.waitFor(
      "back-off",
      async () => (((await retries()) as { count?: number })?.count ?? 0) >= 4,
      patienceMs,
    );
    await product.startHalf("gateway");
    const begun = performance.now();
    await cluster.waitFor(
      "recovery",
      async () => condition(current.get("exact"))?.status === "True",
      patienceMs,
    );
    const seconds = (performance.now() - begun) / 1000;
    t.diagnostic(`recovered ${seconds.toFixed(2)} s after the gateway was ready`);
    assert(seconds < 5, `recovered after ${seconds.toFixed(1)} s`);
  });
});
