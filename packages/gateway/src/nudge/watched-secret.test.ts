import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { KubernetesObject } from "@halfkey/kubernetes";
import { kickMarkOf, markOf, watchedSecret } from "./watched-secret.ts";

function object(spec: object, more: object = {}): KubernetesObject {
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ExternalSecret",
    metadata: { name: "a", namespace: "joplin" },
    spec: { data: [{ secretKey: "v", remoteRef: { key: "/x" } }], ...spec },
    ...more,
  };
}

const ours =
  (...names: string[]) =>
  (name: string) =>
    names.includes(name);
const clusterStore = { secretStoreRef: { kind: "ClusterSecretStore", name: "cm-akeyless" } };
const ownStore = { secretStoreRef: { kind: "SecretStore", name: "cm-akeyless" } };

describe("an ExternalSecret that is watched", () => {
  it("reads from a store of ours, of the right kind and namespace", () => {
    assert(watchedSecret(object(clusterStore), ours("cm-akeyless")));
    assert(watchedSecret(object(ownStore), ours("joplin/cm-akeyless")));
    assert.equal(watchedSecret(object(ownStore), ours("cm-akeyless", "gitlab/cm-akeyless")), undefined);
    assert.equal(watchedSecret(object(clusterStore), ours("other")), undefined);
  });

  it("is not one that is being deleted", () => {
    const gone = object(clusterStore);
    gone.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
    assert.equal(watchedSecret(gone, ours("cm-akeyless")), undefined);
  });

  it("wants refreshes, or not", () => {
    const refreshes = (spec: object) =>
      watchedSecret(object({ ...clusterStore, ...spec }), ours("cm-akeyless"))?.refreshes;
    for (const refreshInterval of ["1h", "1h0m0s", "0.5s", "10m"])
      assert.equal(refreshes({ refreshInterval }), true, refreshInterval);
    for (const refreshInterval of ["0", "0s", "0h0m0s", "-1h"])
      assert.equal(refreshes({ refreshInterval }), false, refreshInterval);
    assert.equal(refreshes({ refreshPolicy: "CreatedOnce" }), false);
    assert.equal(refreshes({ refreshPolicy: "OnChange" }), false);
  });

  it("shows the mark that External Secrets has not worked on yet", () => {
    const markIn = (syncedResourceVersion?: string) =>
      watchedSecret(object(clusterStore, { status: { syncedResourceVersion } }), ours("cm-akeyless"))?.mark;
    assert.equal(markIn(markOf(42)), 42);
    assert.equal(markIn(kickMarkOf(42)), 42);
    assert.equal(markIn("3-0123456789abcdef"), undefined);
    assert.equal(markIn(), undefined);
  });
});
