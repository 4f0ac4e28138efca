/** What an ExternalSecret can ask for, and what a PushSecret writes: find, extract, templates, and the way back. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, describe, it } from "node:test";
import { AkeylessError } from "../support/akeyless-client.ts";
import { clusterToolsMissing, type KubernetesObject } from "../support/cluster.ts";
import { type ConnectedCluster, connectCluster, patienceMs } from "../support/connected-cluster.ts";
import {
  clusterStore,
  dataOf,
  externalSecret,
  isReady,
  namespace,
  opaqueSecret,
  pushSecret,
  readyCondition,
  textOf,
  withAccessKey,
} from "../support/external-secrets.ts";

const missing = clusterToolsMissing();
if (missing && process.env.CI === "true") throw new Error(missing);

const joplin = "joplin";
const user = "/mdapi/joplin/database/user";
const password = "/mdapi/joplin/database/password";
const login = "/mdapi/joplin/login";
const foreign = "/mdapi/gitlab/database/password";
/** The operator marks so what it may delete. */
const managedTag = "k8s-external-secrets";

describe("reading and writing through External Secrets", { skip: missing ?? false }, () => {
  let connected: ConnectedCluster;

  before(async () => {
    connected = await connectCluster({ esoFlags: ["--concurrent=5"] });
    const { cluster, admin, grant } = connected;
    await cluster.apply([namespace(joplin), namespace("gitlab")]);
    await grant("push", "/mdapi/{{namespace}}/pushed/*", ["create", "read", "update", "delete"]);
    await admin.call("create-secret", { name: user, value: "joplin" });
    await admin.call("create-secret", { name: password, value: 's3"cret', tags: ["rotate-monthly"] });
    await admin.call("create-secret", { name: foreign, value: "not joplin's", tags: ["rotate-monthly"] });
    await admin.call("create-secret", { name: login, value: '{"username":"ci","password":"hunter2"}' });
  });

  afterEach((t) => {
    if ("passed" in t && !t.passed) connected?.cluster.keepLogs();
  });

  after(async () => {
    await connected?.stop();
  });

  /** The Secret that an ExternalSecret of this name makes. */
  async function made(name: string, spec: KubernetesObject): Promise<KubernetesObject> {
    await connected.cluster.apply(externalSecret(joplin, name, spec));
    return connected.cluster.waitFor(
      `a Secret ${name}`,
      () => connected.cluster.get("secret", joplin, name),
      patienceMs,
    );
  }

  const template = (name: string, data: Record<string, string>, type = "Opaque") => ({
    target: { name, template: { type, data } },
  });

  it("a store with an access key reads too, for all alike", async () => {
    const { cluster, product } = connected;
    const { accessId, accessKey: accessTypeParam } = product.dev;
    await cluster.apply([
      opaqueSecret(joplin, "credentials", { accessId, accessType: "api_key", accessTypeParam }),
      clusterStore(product.dev, withAccessKey(joplin, "credentials"), "by-access-key"),
    ]);
    await cluster.waitFor(
      "the store is ready",
      async () => isReady(await cluster.get("clustersecretstore", "", "by-access-key")),
      patienceMs,
    );
    const secretStoreRef = { kind: "ClusterSecretStore", name: "by-access-key" };
    const found = await made("by-access-key", { secretStoreRef, data: dataOf({ value: foreign }) });
    assert.deepEqual(textOf(found), { value: "not joplin's" });
  });

  describe("dataFrom", () => {
    const byLastPart = [{ regexp: { source: "^/mdapi/joplin/(.*)$", target: "$1" } }];
    const dashes = { regexp: { source: "/", target: "-" } };

    it("find by path takes what lies below", async () => {
      const find = { path: "/mdapi/joplin/database", name: { regexp: ".*" } };
      assert.deepEqual(textOf(await made("by-path", { dataFrom: [{ find }] })), {
        _mdapi_joplin_database_password: 's3"cret',
        _mdapi_joplin_database_user: "joplin",
      });
    });

    it("find by name takes nothing that another namespace has", async () => {
      const find = { name: { regexp: "password$" } };
      assert.deepEqual(
        textOf(await made("by-name", { dataFrom: [{ find, rewrite: [...byLastPart, dashes] }] })),
        { "database-password": 's3"cret' },
      );
    });

    it("find by tag likewise", async () => {
      const find = { tags: { schedule: "rotate-monthly" } };
      assert.deepEqual(
        textOf(await made("by-tag", { dataFrom: [{ find, rewrite: [...byLastPart, dashes] }] })),
        { "database-password": 's3"cret' },
      );
    });

    it("extract takes an item apart", async () => {
      assert.deepEqual(textOf(await made("extract", { dataFrom: [{ extract: { key: login } }] })), {
        username: "ci",
        password: "hunter2",
      });
    });

    it("a property is one part of it", async () => {
      const data = [{ secretKey: "value", remoteRef: { key: login, property: "password" } }];
      assert.deepEqual(textOf(await made("property", { data })), { value: "hunter2" });
    });

    it("a version is what the item once was", async () => {
      const name = "/mdapi/joplin/versions";
      await connected.admin.call("create-secret", { name, value: "one" });
      await connected.admin.call("update-secret-val", { name, value: "two", "keep-prev-version": "true" });
      const data = [
        { secretKey: "first", remoteRef: { key: name, version: "1" } },
        { secretKey: "latest", remoteRef: { key: name } },
      ];
      assert.deepEqual(textOf(await made("versions", { data })), { first: "one", latest: "two" });
    });
  });

  describe("templates", () => {
    const both = { data: dataOf({ user, password }) };

    it("a literal before and after what is read from a path: the same Secret", async () => {
      const literalFirst = `
        apiVersion: external-secrets.io/v1
        kind: ExternalSecret
        metadata: {name: literal-first, namespace: joplin}
        spec:
          refreshInterval: 2s
          secretStoreRef: {kind: ClusterSecretStore, name: cm-akeyless}
          target:
            template:
              data:
                NAME: direct
                SELECTOR: "{{ .user }}"
          data: [{secretKey: user, remoteRef: {key: ${user}}}]`;
      const literalLast = literalFirst
        .replace("literal-first", "literal-last")
        .replace(/( +NAME: direct\n)( +SELECTOR: .*\n)/, "$2$1");
      assert(literalLast.indexOf("SELECTOR") < literalLast.indexOf("NAME"), "the order is another");
      await connected.cluster.apply(literalFirst.replace(/^ {8}/gm, ""));
      await connected.cluster.apply(literalLast.replace(/^ {8}/gm, ""));
      for (const name of ["literal-first", "literal-last"]) {
        const found = await connected.cluster.waitFor(
          `a Secret ${name}`,
          () => connected.cluster.get("secret", joplin, name),
          patienceMs,
        );
        assert.deepEqual(textOf(found), { NAME: "direct", SELECTOR: "joplin" });
      }
    });

    it("one value of several keys", async () => {
      const data = { url: "postgres://{{ .user }}:{{ .password | urlquery }}@db.example/joplin" };
      assert.deepEqual(textOf(await made("several", { ...both, ...template("several", data) })), {
        url: "postgres://joplin:s3%22cret@db.example/joplin",
      });
    });

    it("a dotenv file of whatever was found", async () => {
      const data = { ".env": "{{ range $key, $value := . }}{{ $key }}={{ $value | quote }}\n{{ end }}" };
      assert.deepEqual(textOf(await made("dotenv", { ...both, ...template("dotenv", data) })), {
        ".env": 'password="s3\\"cret"\nuser="joplin"\n',
      });
    });

    it("a dockerconfigjson that the API server takes", async () => {
      const data = {
        ".dockerconfigjson":
          '{{ dict "auths" (dict "registry.example" (dict "username" .user "password" .password)) | toJson }}',
      };
      const spec = { ...both, ...template("docker", data, "kubernetes.io/dockerconfigjson") };
      const found = await made("docker", spec);
      assert.equal(found.type, "kubernetes.io/dockerconfigjson");
      assert.deepEqual(JSON.parse(textOf(found)?.[".dockerconfigjson"] ?? ""), {
        auths: { "registry.example": { username: "joplin", password: 's3"cret' } },
      });
    });

    it("a TLS Secret, byte for byte", async () => {
      const certificate = readFileSync(connected.product.dev.caFile, "utf8");
      const key = "-----BEGIN PRIVATE KEY-----\nbm90IG9uZQ==\n-----END PRIVATE KEY-----\n";
      const paths = { certificate: "/mdapi/joplin/tls/certificate", key: "/mdapi/joplin/tls/key" };
      await connected.admin.call("create-secret", { name: paths.certificate, value: certificate });
      await connected.admin.call("create-secret", { name: paths.key, value: key });
      const data = { "tls.crt": "{{ .certificate }}", "tls.key": "{{ .key }}" };
      const spec = { data: dataOf(paths), ...template("tls", data, "kubernetes.io/tls") };
      const found = await made("tls", spec);
      assert.equal(found.type, "kubernetes.io/tls");
      assert.deepEqual(textOf(found), { "tls.crt": certificate, "tls.key": key });
    });
  });

  describe("PushSecret", () => {
    const pushed = (name: string) => `/mdapi/joplin/pushed/${name}`;
    const object = (name: string) => connected.cluster.get("pushsecret", joplin, name);
    const describeItem = (name: string) => connected.admin.call("describe-item", { name: pushed(name) });
    const storedValue = async (name: string) =>
      (await connected.admin.call("get-secret-value", { names: [pushed(name)] }))[pushed(name)];

    const applySecret = (name: string, data: Record<string, string>) =>
      connected.cluster.apply(opaqueSecret(joplin, name, data));

    const pushes = (name: string, remoteKey: string, spec: KubernetesObject = {}, match: object = {}) =>
      connected.cluster.apply(
        pushSecret(joplin, name, { data: [{ match: { remoteRef: { remoteKey }, ...match } }], ...spec }),
      );

    async function push(name: string, data: Record<string, string>, spec: KubernetesObject = {}) {
      await applySecret(name, data);
      await pushes(name, pushed(name), spec);
      await connected.cluster.waitFor(
        `${name} is pushed`,
        async () => isReady(await object(name)),
        patienceMs,
      );
    }

    const holds = (name: string, wanted: object) =>
      connected.cluster.waitFor(
        `${pushed(name)} holds what is wanted`,
        async () => {
          assert.deepEqual(JSON.parse(String(await storedValue(name))), wanted);
          return true;
        },
        patienceMs,
      );

    const isGone = (kind: "item" | "object", name: string) =>
      connected.cluster.waitFor(
        `no ${kind} ${name}`,
        async () => {
          if (kind === "object") return (await object(name)) === undefined;
          try {
            await describeItem(name);
            return false;
          } catch (error) {
            return error instanceof AkeylessError && error.status === 404;
          }
        },
        patienceMs,
      );

    async function syncsAgain(name: string, times: number): Promise<void> {
      for (let count = 0; count < times; count++) {
        const before = (await object(name))?.status?.refreshTime;
        await connected.cluster.waitFor(
          `${name} is looked at again`,
          async () => (await object(name))?.status?.refreshTime !== before,
          patienceMs,
        );
      }
    }

    const remove = (name: string) =>
      connected.cluster.kubectl([...["delete", "pushsecret", name, "--namespace", joplin, "--wait=false"]]);

    it("creates an item, which an ExternalSecret reads back", async () => {
      await push("round", { user: "u1", pass: "p1" });
      await holds("round", { user: "u1", pass: "p1" });
      assert.deepEqual((await describeItem("round")).item_tags, [managedTag]);
      const found = await made("round-back", { dataFrom: [{ extract: { key: pushed("round") } }] });
      assert.deepEqual(textOf(found), { user: "u1", pass: "p1" });
    });

    it("writes nothing as long as nothing changes", async () => {
      await syncsAgain("round", 2);
      assert.equal((await describeItem("round")).last_version, 1);
    });

    it("updates the item when the Secret changes, and keeps its tags", async () => {
      await applySecret("round", { user: "u1", pass: "p2" });
      await holds("round", { user: "u1", pass: "p2" });
      const { item_tags, last_version } = await describeItem("round");
      assert.deepEqual([item_tags, last_version], [[managedTag], 2]);
    });

    it("writes one key as a property beside what is there", async () => {
      await applySecret("one-key", { token: "t1", other: "not pushed" });
      const match = { secretKey: "token", remoteRef: { remoteKey: pushed("round"), property: "token" } };
      await pushes("one-key", pushed("round"), {}, match);
      await holds("round", { user: "u1", pass: "p2", token: "t1" });
      await remove("one-key");
      await isGone("object", "one-key");
    });

    it("IfNotExists leaves what exists", async () => {
      await connected.admin.call("create-secret", { name: pushed("existing"), value: '{"mine":"yes"}' });
      await push("existing", { mine: "no" }, { updatePolicy: "IfNotExists" });
      await syncsAgain("existing", 1);
      assert.equal(await storedValue("existing"), '{"mine":"yes"}');
    });

    it("IfNotExists creates what does not", async () => {
      await push("fresh", { key: "value" }, { updatePolicy: "IfNotExists" });
      await holds("fresh", { key: "value" });
    });

    it("deletes its item with itself, if it made it", async () => {
      await push("temporary", { key: "value" }, { deletionPolicy: "Delete" });
      await holds("temporary", { key: "value" });
      await remove("temporary");
      await isGone("object", "temporary");
      await isGone("item", "temporary");
    });

    it("does not delete an item that lacks its tag", async () => {
      await connected.admin.call("create-secret", { name: pushed("by-hand"), value: '{"key":"value"}' });
      await push("by-hand", { key: "value" }, { deletionPolicy: "Delete" });
      await remove("by-hand");
      await isGone("object", "by-hand");
      assert.equal(await storedValue("by-hand"), '{"key":"value"}');
    });

    it("goes without a word when its item is already gone", async () => {
      // An hour, or it would write the item anew.
      await push("gone-before", { key: "value" }, { deletionPolicy: "Delete", refreshInterval: "1h" });
      await connected.admin.call("delete-item", { name: pushed("gone-before") });
      await remove("gone-before");
      await isGone("object", "gone-before");
      await isGone("item", "gone-before");
    });

    for (const [what, remoteKey] of [
      ["an item of another namespace", foreign],
      ["a new name there", "/mdapi/gitlab/pushed/new"],
      ["what it may only read", login],
    ]) {
      it(`does not write ${what}`, async () => {
        const { cluster, admin } = connected;
        const name = `refused-${String(what).replaceAll(" ", "-").toLowerCase()}`;
        const before = await admin
          .call("get-secret-value", { names: [remoteKey] })
          .catch((error: AkeylessError) => error.status);
        await applySecret(name, { key: "mine" });
        await pushes(name, String(remoteKey));
        const message = await cluster.waitFor(
          "a refusal",
          async () => {
            const condition = readyCondition(await object(name));
            return condition?.status === "False" && condition.message;
          },
          patienceMs,
        );
        assert.match(message, /401 Unauthorized|403 Forbidden/);
        const now = await admin
          .call("get-secret-value", { names: [remoteKey] })
          .catch((error: AkeylessError) => error.status);
        assert.deepEqual(now, before);
        await remove(name);
      });
    }
  });
});
