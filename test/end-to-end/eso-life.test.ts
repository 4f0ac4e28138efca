/** A secret's whole life, from the command line to a container and back to nothing; then forty namespaces at once. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { clusterToolsMissing } from "../support/cluster.ts";
import { type ConnectedCluster, connectCluster, patienceMs } from "../support/connected-cluster.ts";
import { dataOf, externalSecret, namespace, textOf } from "../support/external-secrets.ts";
import { type Pod, type PodSpec, startPod } from "../support/pod.ts";
import { runCli } from "../support/run-cli.ts";

const missing = clusterToolsMissing();
if (missing && process.env.CI === "true") throw new Error(missing);

const many = Array.from({ length: 40 }, (_, at) => `team-${String(at).padStart(2, "0")}`);
const registry = "/mdapi/gitlab/registry";

describe("secrets in a cluster", { skip: missing ?? false }, () => {
  let connected: ConnectedCluster;

  before(async () => {
    connected = await connectCluster({ esoFlags: ["--concurrent=5"] });
    await connected.cluster.apply(["joplin", "stranger", ...many].map((name) => namespace(name)));
  });

  afterEach((t) => {
    if ("passed" in t && !t.passed) connected?.cluster.keepLogs();
  });

  after(async () => {
    await connected?.stop();
  });

  async function put(path: string, value: string): Promise<void> {
    const env = { HALFKEY_DATA: connected.product.dataDir };
    const { exitCode, stderr } = await runCli(["put", path], { env, input: value });
    assert.equal(exitCode, 0, stderr);
  }

  const secret = async (namespace: string, name: string) =>
    textOf(await connected.cluster.get("secret", namespace, name));

  function secretHolds(namespace: string, name: string, wanted: Record<string, string>): Promise<boolean> {
    return connected.cluster.waitFor(
      `${namespace}/${name} holds what is wanted`,
      async () => {
        const found = await secret(namespace, name);
        assert.deepEqual(found, wanted);
        return true;
      },
      patienceMs,
    );
  }

  describe("one secret", () => {
    const paths = { user: "/mdapi/joplin/database/user", password: "/mdapi/joplin/database/password" };
    const pods: Pod[] = [];

    after(async () => {
      for (const pod of pods) await pod.stop();
    });

    const spec: PodSpec = {
      containers: [
        {
          // Answers each line with what its environment and its volume hold at that moment.
          command: [
            "sh",
            "-c",
            'while read -r line; do echo "$DB_user $PASSWORD $(cat etc/database/user) $(cat etc/database/nested/secret)"; done',
          ],
          envFrom: [{ prefix: "DB_", secretRef: { name: "database" } }],
          env: [
            { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "database", key: "password" } } },
            {
              name: "ABSENT",
              valueFrom: { secretKeyRef: { name: "database", key: "absent", optional: true } },
            },
          ],
          volumeMounts: [{ name: "database", mountPath: "etc/database" }],
        },
      ],
      volumes: [
        {
          name: "database",
          secret: {
            secretName: "database",
            items: [
              { key: "user", path: "user" },
              { key: "password", path: "nested/secret", mode: 0o400 },
            ],
          },
        },
      ],
    };

    async function startConsumer(): Promise<Pod> {
      const pod = await startPod(connected.cluster, "joplin", spec);
      pods.push(pod);
      return pod;
    }

    it("is written at the command line and fetched by the operator", async () => {
      await put(paths.user, "joplin");
      await put(paths.password, "first");
      await connected.cluster.apply(externalSecret("joplin", "database", { data: dataOf(paths) }));
      await secretHolds("joplin", "database", { user: "joplin", password: "first" });
    });

    it("reaches a container's environment and volume", async () => {
      const pod = await startConsumer();
      assert.equal(await pod.ask("?"), "joplin first joplin first");
    });

    it("is rotated by one edit: a running container sees the new file, a new one the new environment", async () => {
      await put(paths.password, "second");
      await secretHolds("joplin", "database", { user: "joplin", password: "second" });
      const [running] = pods;
      await running?.syncVolumes();
      assert.equal(await running?.ask("?"), "joplin first joplin second");
      const fresh = await startConsumer();
      assert.equal(await fresh.ask("?"), "joplin second joplin second");
    });

    it("is revoked with its ExternalSecret: the garbage collector takes the Secret", async (t) => {
      const { cluster } = connected;
      const [owner] = (await cluster.get("secret", "joplin", "database"))?.metadata.ownerReferences ?? [];
      const made = await cluster.get("externalsecret", "joplin", "database");
      assert.deepEqual([owner?.kind, owner?.uid], ["ExternalSecret", made?.metadata.uid]);
      // With any other policy the operator itself would delete the Secret.
      assert.equal(made?.spec.target.deletionPolicy, "Retain");
      const begun = performance.now();
      await cluster.kubectl(["delete", "externalsecret", "database", "--namespace", "joplin"]);
      await cluster.waitFor(
        "no Secret",
        async () => (await secret("joplin", "database")) === undefined,
        patienceMs,
      );
      t.diagnostic(`after ${((performance.now() - begun) / 1000).toFixed(1)} s`);
      await assert.rejects(startConsumer(), /secret "database" not found/);
    });
  });

  describe("forty namespaces through one store", () => {
    /** Secrets of this name, by namespace. */
    async function secretsNamed(name: string): Promise<Map<string, Record<string, string>>> {
      const selector = ["--field-selector", `metadata.name=${name}`];
      const list = await connected.cluster.kubectl([
        "get",
        "secrets",
        "--all-namespaces",
        ...selector,
        "-o",
        "json",
      ]);
      return new Map(
        JSON.parse(list).items.map((one: Parameters<typeof textOf>[0]) => [
          one?.metadata.namespace,
          textOf(one),
        ]),
      );
    }

    const allHold = (name: string, wanted: (namespace: string) => Record<string, string>) =>
      connected.cluster.waitFor(
        `every namespace's ${name}`,
        async () => {
          assert.deepEqual(
            await secretsNamed(name),
            new Map(many.map((namespace) => [namespace, wanted(namespace)])),
          );
          return true;
        },
        2 * patienceMs,
      );

    /** As kubelets read it. */
    function dockerConfig(password: string): Record<string, string> {
      const auth = Buffer.from(`ci:${password}`).toString("base64");
      const auths = { "registry.example": { auth, password, username: "ci" } };
      return { ".dockerconfigjson": JSON.stringify({ auths }) };
    }

    it("each gets its own secret", async () => {
      const { admin, cluster } = connected;
      for (const one of many)
        await admin.call("create-secret", { name: `/mdapi/${one}/own/key`, value: `of ${one}` });
      await cluster.apply(
        many.map((one) =>
          externalSecret(one, "own", {
            refreshInterval: "1h",
            data: dataOf({ key: `/mdapi/${one}/own/key` }),
          }),
        ),
      );
      await allHold("own", (one) => ({ key: `of ${one}` }));
    });

    const imagePull = (namespace: string) =>
      externalSecret(namespace, "registry", {
        refreshInterval: "10s",
        dataFrom: [{ extract: { key: registry } }],
        target: {
          name: "registry",
          template: {
            type: "kubernetes.io/dockerconfigjson",
            data: {
              ".dockerconfigjson":
                '{{ dict "auths" (dict "registry.example" (dict "username" .username "password" .password ' +
                '"auth" (printf "%s:%s" .username .password | b64enc))) | toJson }}',
            },
          },
        },
      });

    it("all get the shared registry's password as a dockerconfigjson", async () => {
      const { cluster, grant } = connected;
      await grant("registry", registry, ["read"], many.join(","));
      await put(registry, JSON.stringify({ username: "ci", password: 'a "quoted" one' }));
      await cluster.apply(many.map(imagePull));
      await allHold("registry", () => dockerConfig('a "quoted" one'));
    });

    it("one edit changes all forty", async (t) => {
      const begun = performance.now();
      await put(registry, JSON.stringify({ username: "ci", password: "rotated" }));
      await allHold("registry", () => dockerConfig("rotated"));
      t.diagnostic(`after ${((performance.now() - begun) / 1000).toFixed(1)} s, refreshed every 10 s`);
    });

    it("a namespace without the grant gets nothing, and an event says why", async () => {
      const { cluster } = connected;
      await cluster.apply(imagePull("stranger"));
      const { message } = await cluster.waitFor(
        "an event",
        async () => (await cluster.events("stranger", "registry")).find(({ type }) => type === "Warning"),
        patienceMs,
      );
      assert.match(message, /401 Unauthorized.*unauthorized access for access id/);
      assert.equal(await secret("stranger", "registry"), undefined);
    });

    it("one namespace's secret is refused to the next", async () => {
      const { cluster } = connected;
      const [first = "", second = ""] = many;
      await cluster.apply(
        externalSecret(second, "foreign", { data: dataOf({ key: `/mdapi/${first}/own/key` }) }),
      );
      const { message } = await cluster.waitFor(
        "an event",
        async () => (await cluster.events(second, "foreign")).find(({ type }) => type === "Warning"),
        patienceMs,
      );
      assert.match(message, /401 Unauthorized.*unauthorized access for access id/);
      assert.equal(await secret(second, "foreign"), undefined);
    });
  });
});
