import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import {
  type KubernetesCluster,
  KubernetesError,
  type KubernetesObject,
  kinds,
  type WatchHandler,
} from "@halfkey/kubernetes";
import type { ItemRecord, RecordContent, RoleRecord } from "@halfkey/model";
import { Nudge } from "./nudge.ts";
import { markOf } from "./watched-secret.ts";

type OnChange = (before: RecordContent | undefined, after: RecordContent | undefined, own: boolean) => void;

/** A cluster that the test plays: it tells what there is, and sees what is patched. */
class ClusterDouble {
  readonly server = "double";
  readonly context = "double";
  readonly caPem = undefined;
  readonly handlers = new Map<string, WatchHandler>();
  readonly patches: string[] = [];
  failure: KubernetesError | undefined;

  async watch(kind: { plural: string }, handler: WatchHandler): Promise<void> {
    this.handlers.set(kind.plural, handler);
  }

  async mergePatch(kind: { kind: string }, _namespace: string, name: string, patch: object): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    const { status } = patch as { status?: { syncedResourceVersion: string } };
    this.patches.push(`${kind.kind} ${name}${status ? ` ${status.syncedResourceVersion}` : ""}`);
  }

  async close(): Promise<void> {}

  tell(kind: { plural: string }, object: KubernetesObject): void {
    this.handlers.get(kind.plural)?.changed(object);
  }
}

function secret(name: string, key: string, more: { ready?: boolean; mark?: number } = {}): KubernetesObject {
  const { ready = true, mark } = more;
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ExternalSecret",
    metadata: { name, namespace: "joplin" },
    spec: {
      secretStoreRef: { kind: "ClusterSecretStore", name: "cm-akeyless" },
      data: [{ secretKey: "v", remoteRef: { key } }],
    },
    status: {
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
      syncedResourceVersion: mark === undefined ? "1-abc" : markOf(mark),
    },
  };
}

function store(ready: boolean): KubernetesObject {
  const conditions = [{ type: "Ready", status: ready ? "True" : "False" }];
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ClusterSecretStore",
    metadata: { name: "cm-akeyless" },
    status: { conditions },
  };
}

const item = (path: string, v: number) =>
  ({ t: "item", path, tags: [], itemId: 1, versions: [{ v, blob: `b${v}` }] }) as unknown as ItemRecord;
const role = (admin: boolean) => ({ t: "role", name: "r", admin }) as unknown as RoleRecord;

const started: Nudge[] = [];
afterEach(async () => {
  for (const nudge of started.splice(0)) await nudge.stop();
});

/** A nudge that has begun to watch, at seq 7. */
async function watching() {
  const cluster = new ClusterDouble();
  const replica: { seq: number; onChange: OnChange | undefined } = { seq: 7, onChange: undefined };
  const lines: string[] = [];
  const write = (_fields: object, message: string) => void lines.push(message);
  const nudge = new Nudge({
    options: { kubeconfig: "x", stores: ["cm-akeyless"], perSecond: 1000, burst: 1000, restarts: false },
    replica,
    log: { debug: write, info: write, warn: write, error: write },
    open: async () => cluster as unknown as KubernetesCluster,
  });
  started.push(nudge);
  nudge.start();
  await settled();
  const change = async (...[before, after, own]: Parameters<OnChange>) => {
    replica.seq += 1;
    replica.onChange?.(before, after, own);
    await settled();
  };
  return { cluster, nudge, lines, change };
}

/** What was begun without waiting for time to pass has come to its end. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

describe("the nudge", () => {
  it("marks who reads what was changed, with the change's seq", async () => {
    const { cluster, change } = await watching();
    cluster.tell(kinds.externalSecret, secret("reads", "/a"));
    cluster.tell(kinds.externalSecret, secret("reads-other", "/b"));
    await change(item("/a", 1), item("/a", 2), true);
    assert.deepEqual(cluster.patches, ["ExternalSecret reads halfkey-8"]);
  });

  it("forgets who is gone, and what it read before", async () => {
    const { cluster, change } = await watching();
    cluster.tell(kinds.externalSecret, secret("gone", "/a"));
    cluster.tell(kinds.externalSecret, secret("turned", "/a"));
    cluster.tell(kinds.externalSecret, secret("turned", "/b"));
    cluster.handlers.get("externalsecrets")?.removed({ namespace: "joplin", name: "gone", uid: "" });
    await change(item("/a", 1), undefined, true);
    assert.deepEqual(cluster.patches, []);
  });

  it("leaves to another gateway what that one has marked", async () => {
    const { cluster, change, nudge } = await watching();
    cluster.tell(kinds.externalSecret, secret("a", "/a"));
    cluster.tell(kinds.externalSecret, secret("a", "/a", { mark: 8 }));
    // External Secrets is done already: it must not be asked again all the same.
    cluster.tell(kinds.externalSecret, secret("a", "/a"));
    await change(item("/a", 1), item("/a", 2), true);
    assert.deepEqual(cluster.patches, []);
    const { values } = await nudge.metrics.nudges.get();
    assert.deepEqual(
      values.map(({ labels, value }) => [labels.outcome, value]),
      [["spared", 1]],
    );
    await change(item("/a", 2), item("/a", 3), true);
    assert.deepEqual(cluster.patches, ["ExternalSecret a halfkey-9"]);
  });

  it("lets the gateway that made a change be first", async () => {
    const { cluster, change } = await watching();
    cluster.tell(kinds.externalSecret, secret("a", "/a"));
    await change(item("/a", 1), item("/a", 2), false);
    assert.deepEqual(cluster.patches, []);
  });

  it("tries after a change of policy what had failed, and only that", async () => {
    const { cluster, change } = await watching();
    cluster.tell(kinds.clusterSecretStore, store(true));
    cluster.tell(kinds.externalSecret, secret("works", "/a"));
    cluster.tell(kinds.externalSecret, secret("fails", "/b"));
    cluster.tell(kinds.externalSecret, secret("fails", "/b", { ready: false }));
    await change(role(false), role(true), true);
    assert.match(cluster.patches.join(), /^ExternalSecret fails halfkey-8-kick-\d+$/);
  });

  it("after an outage wakes the store first, and what reads from it once it is Ready", async () => {
    const { cluster, nudge } = await watching();
    cluster.tell(kinds.clusterSecretStore, store(true));
    cluster.tell(kinds.externalSecret, secret("works", "/a"));
    cluster.tell(kinds.externalSecret, secret("fails", "/b"));
    cluster.tell(kinds.clusterSecretStore, store(false));
    cluster.tell(kinds.externalSecret, secret("fails", "/b", { ready: false }));
    nudge.recovered();
    await settled();
    assert.deepEqual(cluster.patches.splice(0), ["ClusterSecretStore cm-akeyless"]);
    cluster.tell(kinds.clusterSecretStore, store(true));
    await settled();
    assert.match(cluster.patches.join(), /^ExternalSecret fails halfkey-7-kick-\d+$/);
  });

  it("says once why it does not work, and when it does again shows it", async () => {
    const { cluster, nudge, lines, change } = await watching();
    cluster.handlers.get("externalsecrets")?.inStep?.();
    assert.equal(nudge.state, "watching");
    const details = { failure: "forbidden", where: "", next: "have a role" } as const;
    cluster.failure = new KubernetesError("cannot patch", details);
    cluster.tell(kinds.externalSecret, secret("a", "/a"));
    for (let v = 1; v < 4; v += 1) await change(item("/a", v), item("/a", v + 1), true);
    assert.equal(nudge.state, "failing");
    assert.equal(lines.filter((line) => line.includes("does not work")).length, 1);
    cluster.failure = undefined;
    await change(item("/a", 4), item("/a", 5), true);
    assert.equal(nudge.state, "watching");
  });

  it("survives what it does not expect", async () => {
    const { cluster, lines } = await watching();
    cluster.tell(kinds.externalSecret, { apiVersion: "", kind: "ExternalSecret" } as KubernetesObject);
    assert.match(lines.at(-1) ?? "", /defect/);
  });
});
