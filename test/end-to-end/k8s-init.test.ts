/** `halfkey k8s init` on a real cluster: what it sets up works, and the API server refuses what it shall. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { type KubernetesObject as ApiObject, type KubernetesCluster, openCluster } from "@halfkey/kubernetes";
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
const patienceMs = 60_000;
const ours = { kind: "ClusterSecretStore", name: "cm-akeyless" };
const other = { kind: "ClusterSecretStore", name: "other" };

describe("halfkey k8s init", { skip: missing ?? false }, () => {
  let product: Product;
  let cluster: Cluster;
  let admin: AkeylessClient;
  let api: KubernetesCluster;

  before(async () => {
    [product, cluster] = await Promise.all([startProduct(), startCluster()]);
    admin = createAkeylessClient(product.dev);
    api = await openCluster({ kubeconfigFile: cluster.kubeconfig });
    await cluster.apply(
      ["joplin", "gitlab", "ci-build", "unlabelled"].map((name) => ({
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name },
      })),
    );
  });
  afterEach((t) => {
    if ("passed" in t && !t.passed) cluster?.keepLogs();
  });
  after(async () => {
    admin?.close();
    await api?.close();
    await cluster?.stop();
    await product?.stop();
  });

  async function halfkey(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const env = { HALFKEY_DATA: product.dataDir, KUBECONFIG: cluster.kubeconfig };
    const { exitCode, stdout, stderr } = await runCli(args, { env });
    return { code: exitCode, stdout: stdout.toString(), stderr };
  }
  const init = async (...args: string[]) => {
    const { code, stdout, stderr } = await halfkey(
      "k8s",
      "init",
      "-n",
      "joplin",
      "-n",
      "gitlab",
      "--json",
      ...args,
    );
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as {
      gateway: string[];
      cluster: { object: string; change: string }[];
    };
  };
  const changes = ({ cluster: all }: { cluster: { object: string; change: string }[] }) =>
    all.filter(({ change }) => change !== "unchanged").map(({ object }) => object);

  it("cannot print a store before there is an access id", async () => {
    const { code, stderr } = await halfkey("k8s", "init");
    assert.equal(code, 1);
    assert.match(stderr, /no auth method eso yet[\s\S]*k8s init --apply/);
  });

  it("refuses a store address whose path External Secrets drops, and names that do not fit", async () => {
    const wrong = await halfkey(
      "k8s",
      "init",
      "--dry-run",
      "--store-url",
      "https://gateway.example/akeyless-api/v2/",
    );
    assert.match(wrong.stderr, /drops the path/);
    const absent = await halfkey("k8s", "init", "--dry-run", "-n", "nowhere");
    assert.match(absent.stderr, /no namespace nowhere/);
    await admin.call("create-auth-method", { name: "with-a-key" });
    const keyed = await halfkey("k8s", "init", "--dry-run", "--method", "with-a-key");
    assert.match(keyed.stderr, /of type api_key, not k8s/);
    const injected = await halfkey("k8s", "init", "--dry-run", "--store", "x' || true || 'x");
    assert.match(injected.stderr, /no name that Kubernetes takes/);
  });

  it("tells what it would do, does it, and then has nothing to do", async () => {
    const told = await init("--dry-run");
    assert.equal(await cluster.get("clustersecretstore", "", "cm-akeyless"), undefined);
    const done = await init("--apply");
    assert.deepEqual(done.gateway, told.gateway);
    assert.deepEqual(changes(done), changes(told));
    assert(changes(done).includes("ClusterSecretStore cm-akeyless"));
    const again = await init("--apply");
    assert.deepEqual([again.gateway, changes(again)], [[], []]);
  });

  it("mends a store that somebody has changed, and an older way to log in goes", async () => {
    const authSecretRef = {
      secretRef: { accessID: { name: "a", namespace: "joplin", key: "id" } },
      kubernetesAuth: { serviceAccountRef: { name: "default", namespace: "joplin" } },
    };
    const patch = { spec: { provider: { akeyless: { authSecretRef } } } };
    await cluster.kubectl([
      "patch",
      "clustersecretstore",
      "cm-akeyless",
      "--type=merge",
      "-p",
      JSON.stringify(patch),
    ]);
    await init("--apply");
    const auth = (await cluster.get("clustersecretstore", "", "cm-akeyless"))?.spec.provider.akeyless
      .authSecretRef;
    assert.equal(auth.secretRef, undefined);
    assert.deepEqual(auth.kubernetesAuth.serviceAccountRef, {
      name: "default",
      audiences: ["halfkey-gateway"],
    });
  });

  it("prints what it applied", async () => {
    const { stdout, stderr } = await halfkey("k8s", "init", "-n", "joplin");
    assert.equal(stderr, "");
    assert.match(stdout, /kind: ValidatingAdmissionPolicy\n/);
    await cluster.kubectl(
      ["apply", "--server-side", "--dry-run=server", "--field-manager=halfkey", "-f", "-"],
      stdout,
    );
  });

  it("lets a namespace read its own secrets, and none that is not connected", async () => {
    await admin.call("create-secret", { name: "/mdapi/joplin/db/password", value: "of joplin" });
    await cluster.apply(external("joplin", { data: [entry("/mdapi/joplin/db/password")] }));
    const secret = await cluster.waitFor(
      "joplin's Secret",
      () => cluster.get("secret", "joplin", "case"),
      patienceMs,
    );
    assert.equal(Buffer.from(secret.data.value, "base64").toString(), "of joplin");
    await cluster.apply(external("unlabelled", { data: [entry("/mdapi/unlabelled/a/b")] }));
    await cluster.waitFor(
      "a refusal by the store's condition",
      async () =>
        (await cluster.events("unlabelled", "case")).some(({ message }) =>
          /not allowed from namespace/.test(message),
        ),
      patienceMs,
    );
  });

  it("changes the grants with the gateway's roles", async () => {
    const shared = { "role-name": "shared", path: "/mdapi/gitlab/api-token", capability: ["read"] };
    await admin.call("create-role", { name: "shared" });
    await admin.call("set-role-rule", shared);
    await admin.call("assoc-role-am", {
      "role-name": "shared",
      "am-name": "eso",
      "sub-claims": { namespace: "ci-*,joplin" },
    });
    await admin.call("create-role", { name: "pushers" });
    await admin.call("set-role-rule", {
      "role-name": "pushers",
      path: "/mdapi/{{namespace}}/pushed/*",
      capability: ["read", "create", "update"],
    });
    await admin.call("assoc-role-am", { "role-name": "pushers", "am-name": "eso" });
    const { gateway, ...done } = await init("--apply");
    assert.deepEqual([gateway, changes(done)], [[], ["ConfigMap halfkey/halfkey-grants"]]);
    // The API server's own view of the ConfigMap follows within a moment.
    await cluster.waitFor(
      "the grant is in force",
      async () =>
        (await verdict(external("joplin", { data: [entry("/mdapi/gitlab/api-token")] }))) === undefined,
      patienceMs,
    );
  });

  /** Why the API server refuses it; undefined if it does not. */
  async function verdict(object: KubernetesObject): Promise<string | undefined> {
    const dry = { ...object, metadata: { ...object.metadata, name: "dry" } } as ApiObject;
    return api.apply(dry, { fieldManager: "test", dryRun: true }).then(
      () => undefined,
      (error: Error) => error.message,
    );
  }

  const find = { path: "/mdapi/joplin/db", name: { regexp: ".*" } };
  const generator = {
    sourceRef: {
      generatorRef: { apiVersion: "generators.external-secrets.io/v1alpha1", kind: "Password", name: "p" },
    },
  };
  const allowed: Record<string, KubernetesObject> = {
    "an own key": external("joplin", { data: [entry("/mdapi/joplin/a/b")] }),
    "an own extract": external("joplin", { dataFrom: [{ extract: { key: "/mdapi/joplin/a" } }] }),
    "a find below an own path": external("joplin", { dataFrom: [{ find }] }),
    "a find of all that is one's own": external("joplin", {
      dataFrom: [{ find: { ...find, path: "/mdapi/joplin/" } }],
    }),
    "a granted key": external("joplin", { data: [entry("/mdapi/gitlab/api-token")] }),
    "a key granted by a pattern": external("ci-build", { data: [entry("/mdapi/gitlab/api-token")] }),
    "another store": external("joplin", { data: [entry("/mdapi/gitlab/x")], secretStoreRef: other }),
    "a store of the namespace with our name": external("joplin", {
      data: [entry("x")],
      secretStoreRef: { name: "cm-akeyless" },
    }),
    "another store for one entry": external("joplin", {
      data: [{ ...entry("x"), sourceRef: { storeRef: other } }],
    }),
    "a generator": external("joplin", { dataFrom: [generator] }),
    "a push to where one may write": push("joplin", "/mdapi/joplin/pushed/a"),
    "a push to another store": push("joplin", "/mdapi/gitlab/a", [other]),
    "a cluster-wide one for a granted key": wide({ data: [entry("/mdapi/gitlab/api-token")] }),
    "a cluster-wide one for a namespace's own": wide({ data: [entry("/mdapi/joplin/a")] }, ["joplin"]),
  };
  const refused: Record<string, KubernetesObject> = {
    "a foreign key": external("joplin", { data: [entry("/mdapi/gitlab/x")] }),
    "one foreign key of two": external("joplin", {
      data: [entry("/mdapi/joplin/x"), { ...entry("/mdapi/gitlab/x"), secretKey: "b" }],
    }),
    "a key above": external("joplin", { data: [entry("/mdapi/joplin/../gitlab/x")] }),
    "a key with an empty part": external("joplin", { data: [entry("/mdapi/joplin//x")] }),
    "a key without a slash before it": external("joplin", { data: [entry("mdapi/joplin/x")] }),
    "a namespace that begins alike": external("joplin", { data: [entry("/mdapi/joplin2/x")] }),
    "a folder": external("joplin", { data: [entry("/mdapi/joplin")] }),
    "below a granted key": external("joplin", { data: [entry("/mdapi/gitlab/api-token/x")] }),
    "a granted key with another character for its dot or dash": external("joplin", {
      data: [entry("/mdapi/gitlab/api_token")],
    }),
    "a key granted to others": external("gitlab", { data: [entry("/mdapi/joplin/x")] }),
    "a foreign extract": external("joplin", { dataFrom: [{ extract: { key: "/mdapi/gitlab/x" } }] }),
    "a find without a path": external("joplin", { dataFrom: [{ find: { name: { regexp: ".*" } } }] }),
    "a find by tag without a path": external("joplin", { dataFrom: [{ find: { tags: { a: "b" } } }] }),
    "a find above": external("joplin", { dataFrom: [{ find: { ...find, path: "/mdapi" } }] }),
    "a find below a granted key": external("joplin", {
      dataFrom: [{ find: { ...find, path: "/mdapi/gitlab/api-token" } }],
    }),
    "our store for one entry": external("joplin", {
      data: [{ ...entry("/mdapi/gitlab/x"), sourceRef: { storeRef: ours } }],
      secretStoreRef: other,
    }),
    "our store for an extract": external("joplin", {
      dataFrom: [{ extract: { key: "/mdapi/gitlab/x" }, sourceRef: { storeRef: ours } }],
      secretStoreRef: other,
    }),
    "a foreign push": push("joplin", "/mdapi/gitlab/pushed/a"),
    "a push to where one may only read": push("joplin", "/mdapi/joplin/a"),
    "a push above": push("joplin", "/mdapi/joplin/pushed/../a"),
    "a push to a store chosen by label": push("joplin", "/mdapi/gitlab/a", [
      { kind: "ClusterSecretStore", labelSelector: {} },
    ]),
    "a foreign push among two stores": push("joplin", "/mdapi/gitlab/a", [other, ours]),
    "a cluster-wide one for what nobody may have": wide({ data: [entry("/other/x")] }),
    "a cluster-wide one for another's": wide({ data: [entry("/mdapi/gitlab/x")] }, ["joplin"]),
    "a cluster-wide find without a path": wide({ dataFrom: [{ find: { name: { regexp: ".*" } } }] }),
  };

  it("lets through what the gateway gives, and what is none of its business", async () => {
    for (const [name, object] of Object.entries(allowed))
      assert.equal(await verdict(object), undefined, name);
  });

  it("refuses at the API server what the gateway would refuse, and says what to do", async () => {
    for (const [name, object] of Object.entries(refused)) {
      assert.match(
        (await verdict(object)) ?? "",
        /halfkey-[a-z-]+' .*denied request: .*halfkey k8s init --apply/s,
        name,
      );
    }
    assert.match(
      (await verdict(external("joplin", { data: [entry("/mdapi/gitlab/x")] }))) ?? "",
      /\/mdapi\/gitlab\/x is no path for namespace joplin in cm-akeyless, which may read \[\/mdapi\/joplin\/\*, .*\/mdapi\/gitlab\/api-token\]; use/,
    );
  });

  it("lets labels and deletion of what stands be, after its grant has gone", async () => {
    await cluster.apply(external("gitlab", { data: [entry("/mdapi/gitlab/x")] }, ["test/hold"]));
    await cluster.kubectl([
      "patch",
      "configmap",
      "halfkey-grants",
      "-n",
      "halfkey",
      "--type=merge",
      "-p",
      '{"data":{"read":""}}',
    ]);
    await cluster.waitFor(
      "the grants have gone",
      async () => (await verdict(external("joplin", { data: [entry("/mdapi/joplin/x")] }))) !== undefined,
      patienceMs,
    );
    await cluster.kubectl(["annotate", "externalsecret", "case", "-n", "gitlab", "a=b"]);
    await cluster.kubectl(["delete", "externalsecret", "case", "-n", "gitlab", "--wait=false"]);
    await cluster.kubectl([
      "patch",
      "externalsecret",
      "case",
      "-n",
      "gitlab",
      "--type=merge",
      "-p",
      '{"metadata":{"finalizers":[]}}',
    ]);
    await cluster.waitFor(
      "it is gone",
      async () => (await cluster.get("externalsecret", "gitlab", "case")) === undefined,
      patienceMs,
    );
  });

  it("refuses everything that names the store while the grants are missing", async () => {
    await cluster.kubectl(["delete", "configmap", "halfkey-grants", "-n", "halfkey"]);
    await cluster.waitFor(
      "a refusal",
      async () =>
        /no params found|failed to configure/.test(
          (await verdict(external("joplin", { data: [entry("/mdapi/joplin/x")] }))) ?? "",
        ),
      patienceMs,
    );
  });
});

function entry(key: string) {
  return { secretKey: "value", remoteRef: { key } };
}

function external(namespace: string, spec: object, finalizers: string[] = []): KubernetesObject {
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ExternalSecret",
    metadata: { name: "case", namespace, finalizers },
    spec: { refreshInterval: "1h", secretStoreRef: ours, ...spec },
  };
}

function wide(spec: object, namespaces?: string[]): KubernetesObject {
  const where =
    namespaces === undefined ? { namespaceSelectors: [{ matchLabels: { a: "b" } }] } : { namespaces };
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ClusterExternalSecret",
    metadata: { name: "case" },
    spec: { ...where, externalSecretSpec: { refreshInterval: "1h", secretStoreRef: ours, ...spec } },
  };
}

function push(namespace: string, remoteKey: string, secretStoreRefs: object[] = [ours]): KubernetesObject {
  return {
    apiVersion: "external-secrets.io/v1alpha1",
    kind: "PushSecret",
    metadata: { name: "case", namespace },
    spec: {
      secretStoreRefs,
      selector: { secret: { name: "source" } },
      data: [{ match: { secretKey: "a", remoteRef: { remoteKey } } }],
    },
  };
}
