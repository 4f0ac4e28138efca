/** packages/kubernetes, against a real API server. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  type KubernetesCluster,
  KubernetesError,
  type KubernetesObject,
  kinds,
  openCluster,
  resync,
} from "@halfkey/kubernetes";
import { type Cluster, clusterToolsMissing, startCluster } from "../support/cluster.ts";

const missing = clusterToolsMissing();
if (missing && process.env.CI === "true") throw new Error(missing);
const patienceMs = 60_000;

describe("a client of the API server", { skip: missing ?? false }, () => {
  let real: Cluster;
  let cluster: KubernetesCluster;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "halfkey-client-"));
    real = await startCluster();
    cluster = await openCluster({ kubeconfigFile: real.kubeconfig });
    await cluster.apply(namespace("joplin"), { fieldManager: "test" });
  });
  after(async () => {
    await cluster?.close();
    await real?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function failureOf(work: Promise<unknown>): Promise<KubernetesError> {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert(error instanceof KubernetesError, `a KubernetesError, and not ${error}`);
    return error;
  }

  /** A kubeconfig for the same server with another user, and possibly another address. */
  async function kubeconfigOf(user: object, changes: object = {}): Promise<string> {
    const config = JSON.parse(await real.kubectl(["config", "view", "--raw", "--flatten", "-o", "json"]));
    const file = join(folder, `${Math.random()}.json`);
    config.users[0].user = user;
    Object.assign(config.clusters[0].cluster, changes);
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    return file;
  }

  it("applies, reads, patches and removes", async () => {
    const made = configMap("one", { a: "1", b: "2" });
    await cluster.apply(made, { fieldManager: "test" });
    const dry = await cluster.apply(configMap("one", { a: "3" }), { fieldManager: "test", dryRun: true });
    assert.deepEqual(dry.data, { a: "3" });
    assert.deepEqual((await cluster.get(kinds.configMap, "joplin", "one"))?.data, { a: "1", b: "2" });
    await cluster.mergePatch(kinds.configMap, "joplin", "one", { data: { a: null } });
    assert.deepEqual((await cluster.get(kinds.configMap, "joplin", "one"))?.data, { b: "2" });
    const conflict = await failureOf(
      cluster.apply(configMap("one", { b: "9" }), { fieldManager: "another" }),
    );
    assert.deepEqual([conflict.failure, conflict.status], ["conflict", 409]);
    assert.match(conflict.message, /apply ConfigMap joplin\/one.*"test"/s);
    await cluster.remove(kinds.configMap, "joplin", "one");
    await cluster.remove(kinds.configMap, "joplin", "one");
    assert.equal(await cluster.get(kinds.configMap, "joplin", "one"), undefined);
  });

  it("tells a missing object from a missing kind", async () => {
    const gone = await failureOf(cluster.mergePatch(kinds.configMap, "joplin", "none", {}));
    assert.equal(gone.failure, "absent");
    const unknown = { ...kinds.externalSecret, apiVersion: "external-secrets.io/v1beta1" };
    for (const ask of [() => cluster.get(unknown, "joplin", "none"), () => cluster.list(unknown)]) {
      const error = await failureOf(ask());
      assert.equal(error.failure, "unknown-kind");
      assert.match(error.next, /install External Secrets/);
    }
  });

  it("lists all pages", async () => {
    const names = Array.from({ length: 620 }, (_, at) => `page-${at}`);
    const items = names.map((name) => ({
      ...configMap(name, {}),
      metadata: { name, namespace: "joplin", labels: { page: "yes" } },
    }));
    await real.apply(items);
    const found = await cluster.list(kinds.configMap, { namespace: "joplin", labelSelector: "page=yes" });
    assert.deepEqual(found.map(({ metadata }) => metadata.name).sort(), names.sort());
    assert.equal(found[0]?.kind, "ConfigMap");
  });

  it("makes tokens, logs in with one, and says which right is lacking", async () => {
    await cluster.apply(
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "weak", namespace: "joplin" } },
      { fieldManager: "test" },
    );
    const token = await cluster.createToken("joplin", "weak", { audiences: [], expirationSeconds: 600 });
    const elsewhere = await cluster.createToken("joplin", "weak", {
      audiences: ["else"],
      expirationSeconds: 600,
    });
    const weak = await openCluster({ kubeconfigFile: await kubeconfigOf({ token }) });
    const error = await failureOf(weak.list(kinds.secret, { namespace: "joplin" }));
    assert.deepEqual([error.failure, error.status], ["forbidden", 403]);
    assert.match(error.next, /list on secrets in namespace joplin/);
    const right = { verb: "list", kind: kinds.secret, namespace: "joplin" };
    assert.deepEqual([await weak.canI(right), await cluster.canI(right)], [false, true]);
    await weak.close();

    const stranger = await openCluster({ kubeconfigFile: await kubeconfigOf({ token: elsewhere }) });
    const refused = await failureOf(stranger.list(kinds.secret));
    assert.equal(refused.failure, "unauthenticated");
    assert(!`${refused.stack}${JSON.stringify(refused)}`.includes(elsewhere), "no token in an error");
    await stranger.close();

    const program = join(folder, "credentials");
    const printed = {
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token },
    };
    writeFileSync(program, `#!/bin/sh\necho '${JSON.stringify(printed)}'\n`);
    chmodSync(program, 0o700);
    const byPlugin = await openCluster({
      kubeconfigFile: await kubeconfigOf({ exec: { command: program } }),
    });
    assert.equal(await byPlugin.canI(right), false);
    await byPlugin.close();
  });

  it("repeats nothing that the server says of a Secret", async () => {
    const broken = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "broken", namespace: "joplin" },
      stringData: { "not/a/key": "hunter2" },
      data: { a: "hunter2" },
    };
    const { message, status } = await failureOf(cluster.apply(broken, { fieldManager: "test" }));
    assert.equal(status === 400 || status === 422 || status === 500, true);
    assert.doesNotMatch(message, /hunter2/);
  });

  it("says what is wrong with the way to the server", async () => {
    const cases: [RegExp, () => Promise<unknown>][] = [
      [/no answer \(ECONNREFUSED\)/, () => listOver({ server: "https://127.0.0.1:1" })],
      [/certificate is not trusted/, () => listOver({ "certificate-authority-data": undefined })],
      [/no such kubeconfig/, () => openCluster({ kubeconfigFile: join(folder, "none") })],
      [/no context "nowhere"/, () => openCluster({ kubeconfigFile: real.kubeconfig, context: "nowhere" })],
      [/no kubeconfig was found/, () => openCluster({ environment: { HOME: folder } })],
    ];
    for (const [text, work] of cases) assert.match((await failureOf(work())).message, text);

    async function listOver(changes: object): Promise<void> {
      const other = await openCluster({ kubeconfigFile: await kubeconfigOf({}, changes) });
      await other.list(kinds.namespace).finally(() => other.close());
    }
  });

  it("watches: what is there, in step, changes; and again after the connection broke", async () => {
    const way = await openWay(Number(new URL(cluster.server).port));
    const config = JSON.parse(await real.kubectl(["config", "view", "--raw", "--flatten", "-o", "json"]));
    const kubeconfigFile = await kubeconfigOf(config.users[0].user, {
      server: `https://127.0.0.1:${way.port}`,
    });
    const watcher = await openCluster({ kubeconfigFile });
    const told: string[] = [];
    const ending = new AbortController();
    await cluster.apply(configMap("seen-1", {}, "watched"), { fieldManager: "test" });
    const watching = watcher.watch(
      kinds.configMap,
      {
        changed: ({ metadata }) => told.push(`+${metadata.name}`),
        removed: ({ name }) => told.push(`-${name}`),
        inStep: () => told.push("in step"),
        failed: ({ failure }) => told.push(failure),
      },
      { signal: ending.signal, namespace: "joplin", labelSelector: "watched=yes" },
    );
    const has = (what: string) => real.waitFor(what, async () => told.includes(what), patienceMs);
    await has("in step");
    await cluster.apply(configMap("seen-2", {}, "watched"), { fieldManager: "test" });
    await has("+seen-2");
    await cluster.remove(kinds.configMap, "joplin", "seen-1");
    await has("-seen-1");
    assert.deepEqual(told, ["+seen-1", "in step", "+seen-2", "-seen-1"]);
    way.cut();
    await has("unreachable");
    await cluster.apply(configMap("seen-3", {}, "watched"), { fieldManager: "test" });
    way.mend();
    await has("+seen-3");
    assert.equal(told.filter((one) => one === "+seen-2").length, 1, "nothing is told twice");
    ending.abort();
    await watching;
    await watcher.close();
    await way.close();
  });

  it("reads events, oldest first, and wakes what External Secrets gave up on", async () => {
    const store = { kind: "ClusterSecretStore", name: "none" };
    await cluster.apply(
      {
        apiVersion: "external-secrets.io/v1",
        kind: "ExternalSecret",
        metadata: { name: "lost", namespace: "joplin" },
        spec: {
          refreshInterval: "1h",
          secretStoreRef: store,
          data: [{ secretKey: "a", remoteRef: { key: "/a" } }],
        },
      },
      { fieldManager: "test" },
    );
    const events = await real.waitFor(
      "an event",
      async () => {
        const found = await cluster.events("joplin", "lost", kinds.externalSecret);
        return found.length > 0 && found;
      },
      patienceMs,
    );
    const [first] = events;
    assert.deepEqual(
      [first?.type, first?.source, first?.about.name],
      ["Warning", "external-secrets", "lost"],
    );
    assert(first && first.lastSeen.getTime() > Date.now() - patienceMs * 2);
    const before = (await cluster.get(kinds.externalSecret, "joplin", "lost")) as KubernetesObject;
    await resync(cluster, before, new Date());
    const woken = (await cluster.get(kinds.externalSecret, "joplin", "lost")) as KubernetesObject;
    assert(woken.metadata.annotations?.["external-secrets.io/force-sync"]);
  });
});

/** A way to a port of this machine that can be cut and mended. */
async function openWay(port: number) {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((socket) => {
    if (isCut) return socket.destroy();
    const other = connect(port, "127.0.0.1");
    for (const one of [socket, other]) {
      sockets.add(one);
      one.on("error", () => {}).on("close", () => sockets.delete(one));
    }
    socket.pipe(other).pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    isCut = true;
    for (const one of sockets) one.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    mend: () => {
      isCut = false;
    },
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}

function namespace(name: string): KubernetesObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

function configMap(name: string, data: Record<string, string>, label = "made"): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "joplin", labels: { [label]: "yes" } },
    data,
  };
}
