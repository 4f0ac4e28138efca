import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { rules } from "../../packages/manifests/src/lint.ts";
import { createAkeylessClient } from "../support/akeyless-client.ts";
import { type Cluster, clusterToolsMissing, startCluster } from "../support/cluster.ts";
import { storeObjects } from "../support/nudge-set-up.ts";
import { startProduct } from "../support/product.ts";
import { runCli } from "../support/run-cli.ts";

const missing = clusterToolsMissing();
if (missing && process.env.CI === "true") throw new Error(missing);

const namespace = "joplin";
const patienceMs = 60_000;

/** The examples that come out as a Secret, with what the API server and the operator make of them. */
const synced: Record<string, Record<string, string>> = {
  HK007: { NAME: "joplin", SELECTOR: '{"n":1}' },
  HK008: { A: "" },
  HK009: { A: "", B: '{"n":1}' },
  HK010: { A: "<no value>" },
  HK011: { A: "" },
  HK013: { A: "illegal base64 data at input byte 0" },
  HK014: { A: Buffer.from('{"n":1}').toString("base64") },
  HK016: { PW: '{"n":1}' },
  HK022: { A: "plain" },
  HK023: { A: "postgres://joplin:$(PW)@db", PW: '{"n":1}' },
};

/** Those that the operator cannot render, with what its event says. */
const failing: Record<string, RegExp> = {
  HK003: /SecretStore.*cm-akeyless|could not get/,
  HK005: /map has no entry for key "PASSWORD"/,
  HK006: /map has no entry for key "NAME"/,
  HK024: /map has no entry for key "data"|can't evaluate field/,
  HK025: /map has no entry for key "USER"/,
};

/** Those that never come into the cluster, with what kubectl says. */
const refused: Record<string, RegExp> = {
  HK002: /no matches for kind "ExternalSecret" in version "external-secrets.io\/v1beta1"/,
  HK019: /must be of type string: "boolean"|expected string, got/,
  HK021: /unknown field "spec.data\[0\].remoteRef.path"/,
  HK026: /Unsupported value: "v1"/,
  HK027: /Unsupported value: "metadata.annotations"/,
};

describe("what the lint says of its examples is what a cluster does", { skip: missing ?? false }, () => {
  let product: Awaited<ReturnType<typeof startProduct>> | undefined;
  let cluster: Cluster;

  before(async () => {
    product = await startProduct();
    const client = createAkeylessClient(product.dev);
    await client.call("create-secret", { name: "/mdapi/joplin/app/password", value: '{"n":1}' });
    client.close();
    cluster = await startCluster();
    await cluster.apply([
      { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
      ...storeObjects(product.dev),
    ]);
    await cluster.waitFor(
      "the store is ready",
      async () => conditionOf(await cluster.get("clustersecretstore", "", "cm-akeyless"))?.status === "True",
      patienceMs,
    );
    for (const id of [...Object.keys(synced), ...Object.keys(failing)]) await cluster.apply(exampleOf(id));
  });

  after(async () => {
    await cluster?.stop();
    await product?.stop();
  });

  for (const [id, expected] of Object.entries(synced)) {
    it(`${id}: the operator says SecretSynced, and the Secret is what the page says`, async () => {
      const name = id.toLowerCase();
      const secret = await cluster.waitFor(
        "its Secret",
        async () =>
          conditionOf(await cluster.get("externalsecret", namespace, name))?.reason === "SecretSynced" &&
          (await cluster.get("secret", namespace, name)),
        patienceMs,
      );
      const data = Object.entries<string>(secret.data ?? {}).map(([key, value]) => [
        key,
        Buffer.from(value, "base64").toString("utf8"),
      ]);
      assert.deepEqual(Object.fromEntries(data), expected);
    });
  }

  for (const [id, message] of Object.entries(failing)) {
    it(`${id}: the operator cannot render it, and only the event says why`, async () => {
      const name = id.toLowerCase();
      await cluster.waitFor(
        `an event like ${message}`,
        async () => (await cluster.events(namespace, name)).some((event) => message.test(event.message)),
        patienceMs,
      );
      assert.equal(await cluster.get("secret", namespace, name), undefined);
    });
  }

  for (const [id, message] of Object.entries(refused)) {
    it(`${id}: the API server, or kubectl, refuses it`, async () => {
      await assert.rejects(cluster.apply(exampleOf(id)), message);
    });
  }

  it("HK021: without kubectl's strictness the field is pruned without a word", async () => {
    await cluster.kubectl(["apply", "--validate=false", "-f", "-"], exampleOf("HK021"));
    const { spec } = (await cluster.get("externalsecret", namespace, "hk021")) ?? {};
    assert.equal(spec.data[0].remoteRef.key, "/mdapi/joplin/app/password");
    assert.equal(spec.data[0].remoteRef.path, undefined);
  });

  it("finds in the cluster what it finds in files, but for the order of keys, which the cluster does not keep", async () => {
    const { exitCode, stdout, stderr } = await runCli([
      ...["lint", "--cluster", "--kubeconfig", cluster.kubeconfig, "-o", "sarif"],
    ]);
    assert.equal(exitCode, 1, stderr);
    const [run] = JSON.parse(stdout.toString()).runs;
    const found = new Set(run.results.map(({ ruleId }: { ruleId: string }) => ruleId));
    const applied = [...Object.keys(synced), ...Object.keys(failing)];
    assert.deepEqual(
      applied.filter((id) => !found.has(id)),
      ["HK007"],
    );
  });
});

/** A rule's bad example, under a name of its own. */
function exampleOf(id: string): string {
  const bad = rules.find((rule) => rule.id === id)?.bad ?? "";
  return bad.replace("name: app\n", `name: ${id.toLowerCase()}\n`);
}

// biome-ignore lint/suspicious/noExplicitAny: an object as the API server gives it
function conditionOf(object: any): { status: string; reason: string } | undefined {
  return object?.status?.conditions?.find(({ type }: { type: string }) => type === "Ready");
}
