import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wantsRestart } from "./restarts.ts";

const secretsUsed = {
  containers: [
    { name: "a", envFrom: [{ secretRef: { name: "from" } }, { configMapRef: { name: "no" } }] },
    {
      name: "b",
      env: [{ name: "X", valueFrom: { secretKeyRef: { name: "variable", key: "x" } } }, { name: "Y" }],
    },
  ],
  initContainers: [{ name: "c", envFrom: [{ secretRef: { name: "init" } }] }],
  volumes: [
    { name: "v", secret: { secretName: "volume" } },
    { name: "w", projected: { sources: [{ secret: { name: "projected" } }, { configMap: { name: "no" } }] } },
    { name: "x", emptyDir: {} },
  ],
};

function workload(wish: string | undefined, spec: object = secretsUsed) {
  const annotations = wish === undefined ? {} : { "halfkey.dev/restart-on-change": wish };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "d", annotations },
    spec: { template: { spec } },
  };
}

describe("a workload is restarted", () => {
  it("for every way of using a Secret", () => {
    for (const name of ["from", "variable", "init", "volume", "projected"])
      assert(wantsRestart(workload("true"), new Set([name])), name);
    assert(!wantsRestart(workload("true"), new Set(["no", "other"])));
  });

  it("for the Secrets it names", () => {
    assert(wantsRestart(workload("one, two"), new Set(["two"])));
    assert(!wantsRestart(workload("one, two"), new Set(["volume"])));
  });

  it("not unless it asks", () => {
    for (const wish of [undefined, "", "false"])
      assert(!wantsRestart(workload(wish), new Set(["from"])), String(wish));
    assert(!wantsRestart(workload("true", {}), new Set(["from"])));
  });
});
