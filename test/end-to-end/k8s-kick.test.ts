/** `halfkey k8s check`, `kick` and `rbac` on a real cluster: what does not work is found, and what has failed is woken. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, afterEach, before, describe, it } from "node:test";
import { type AkeylessClient, createAkeylessClient } from "../support/akeyless-client.ts";
import {
  type Cluster,
  clusterToolsMissing,
  type KubernetesObject,
  startCluster,
} from "../support/cluster.ts";
import { dataOf, externalSecret, isReady } from "../support/external-secrets.ts";
import { writeKubeconfig } from "../support/nudge-set-up.ts";
import { type Product, startProduct } from "../support/product.ts";
import { runCli } from "../support/run-cli.ts";

const missing = clusterToolsMissing();
if (missing && process.env.CI === "true") throw new Error(missing);
const patienceMs = 60_000;
const many = 20;
const root = join(import.meta.dirname, "..", "..");
const program = join(root, "packages", "cli", "src", "main.ts");

/** The commands that connect a cluster, as documented. */
function firstSteps(): string {
  const page = readFileSync(join(root, "docs", "kubernetes.md"), "utf8");
  return /\n## Connect it\n[\s\S]*?```sh\n([\s\S]*?)```/.exec(page)?.[1] ?? "false";
}

describe("halfkey k8s check, kick and rbac", { skip: missing ?? false }, () => {
  let product: Product;
  let cluster: Cluster;
  let admin: AkeylessClient;
  let folder: string;
  let connected: { exitCode: number; seen: string };

  before(async () => {
    [product, cluster] = await Promise.all([startProduct(), startCluster()]);
    admin = createAkeylessClient(product.dev);
    folder = mkdtempSync(join(tmpdir(), "halfkey-k8s-"));
    writeFileSync(join(folder, "halfkey"), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`, {
      mode: 0o755,
    });
    await cluster.apply(
      ["joplin", "gitlab"].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
    );
    connected = await type(firstSteps());
    assert.equal(connected.exitCode, 0, connected.seen);
    // The admission policy has a test of its own; here the gateway shall refuse.
    await cluster.kubectl(["delete", "validatingadmissionpolicybinding", "--all"]);
    // So that the outage is noticed soon.
    const patch = ["--type=merge", "-p", '{"spec":{"refreshInterval":5}}'];
    await cluster.kubectl(["patch", "clustersecretstore", "cm-akeyless", ...patch]);
    for (const one of ["joplin", "gitlab"])
      await admin.call("create-secret", { name: `/mdapi/${one}/app/password`, value: `value-of-${one}` });
    await cluster.apply([
      ...Array.from({ length: many }, (_, at) =>
        external("joplin", `app-${at}`, "/mdapi/joplin/app/password"),
      ),
      external("gitlab", "app", "/mdapi/gitlab/app/password"),
    ]);
    await cluster.waitFor("all are ready", async () => (await unready()).length === 0, patienceMs);
  });
  afterEach((t) => {
    if ("passed" in t && !t.passed) cluster?.keepLogs();
  });
  after(async () => {
    admin?.close();
    await cluster?.stop();
    await product?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** What somebody sees who types this. */
  async function type(script: string): Promise<{ exitCode: number; seen: string }> {
    const child = spawn("bash", ["-e", "-o", "pipefail", "-c", `exec 2>&1\n${script}`], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        HALFKEY_HOME: folder,
        HALFKEY_DATA: product.dataDir,
        KUBECONFIG: cluster.kubeconfig,
      },
    });
    const ended = once(child, "close");
    const seen = await text(child.stdout);
    const [exitCode] = await ended;
    return { exitCode, seen };
  }

  async function halfkey(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const env = { HALFKEY_DATA: product.dataDir, KUBECONFIG: cluster.kubeconfig };
    const { exitCode, stdout, stderr } = await runCli(args, { env });
    return { code: exitCode, stdout: stdout.toString(), stderr };
  }

  async function listed(kind: string): Promise<KubernetesObject[]> {
    return JSON.parse(await cluster.kubectl(["get", kind, "--all-namespaces", "-o", "json"])).items;
  }
  async function unready(): Promise<string[]> {
    const all = [...(await listed("clustersecretstores")), ...(await listed("externalsecrets"))];
    return all.filter((one) => !isReady(one)).map(({ metadata }) => metadata.name);
  }

  it("is connected by what docs/kubernetes.md says", async () => {
    assert.match(connected.seen, /created +ClusterSecretStore cm-akeyless/);
    assert.match(connected.seen, /joplin +ok +1 read/);
    const secret = await cluster.waitFor(
      "the Secret",
      () => cluster.get("secret", "joplin", "db"),
      patienceMs,
    );
    assert.equal(Buffer.from(secret.data.password, "base64").toString().trim().length, 32);
    await cluster.kubectl(["delete", "externalsecret", "db", "-n", "joplin"]);
  });

  it("writes ExternalSecrets of which the Secrets come that were meant", async () => {
    const registry = '{"auths":{"registry.example":{"auth":"YTpi"}}}';
    const values = {
      registry,
      "web/crt": "CRT",
      "web/key": "KEY",
      "db2/user": "joe",
      "db2/password": 'a "b" $c',
    };
    for (const [name, value] of Object.entries(values))
      await admin.call("create-secret", { name: `/mdapi/joplin/${name}`, value });
    const cases: [
      template: string,
      paths: string[],
      name: string,
      type: string,
      data: Record<string, string>,
    ][] = [
      [
        "dockerconfigjson",
        ["registry"],
        "registry",
        "kubernetes.io/dockerconfigjson",
        { ".dockerconfigjson": registry },
      ],
      ["tls", ["web/key", "web/crt"], "web", "kubernetes.io/tls", { "tls.crt": "CRT", "tls.key": "KEY" }],
      [
        "basic-auth",
        ["db2/user", "db2/password"],
        "basic",
        "kubernetes.io/basic-auth",
        { username: "joe", password: 'a "b" $c' },
      ],
      ["ssh-auth", ["web/key"], "ssh", "kubernetes.io/ssh-auth", { "ssh-privatekey": "KEY" }],
      [
        "dotenv",
        ["db2/user", "db2/password"],
        "env",
        "Opaque",
        { ".env": 'USER="joe"\nPASSWORD="a \\"b\\" $c"\n' },
      ],
      ["opaque", ["db2/user", "db2/password"], "db2", "Opaque", { user: "joe", password: 'a "b" $c' }],
    ];
    for (const [template, paths, name] of cases) {
      const full = paths.map((path) => `/mdapi/joplin/${path}`);
      const { code, stderr } = await halfkey(
        "k8s",
        "secret",
        "-t",
        template,
        "--name",
        name,
        ...full,
        "--apply",
      );
      assert.equal(code, 0, stderr);
    }
    for (const [template, , name, type, data] of cases) {
      const secret = await cluster.waitFor(template, () => cluster.get("secret", "joplin", name), patienceMs);
      const held = Object.entries(secret.data as Record<string, string>).map(([key, value]) => [
        key,
        Buffer.from(value, "base64").toString(),
      ]);
      assert.deepEqual([secret.type, Object.fromEntries(held)], [type, data], template);
    }
    await cluster.kubectl(["delete", "externalsecret", "-n", "joplin", ...cases.map(([, , name]) => name)]);
  });

  it("finds that each namespace can read what it names", async () => {
    const { code, stdout, stderr } = await halfkey("k8s", "check", "--json");
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      JSON.parse(stdout).namespaces,
      ["gitlab", "joplin"].map((namespace) => ({ namespace, ok: true, read: 1, failures: [] })),
    );
  });

  it("finds what cannot be read and why, and shows no value", async () => {
    await cluster.apply([
      external("gitlab", "foreign", "/mdapi/joplin/app/password"),
      external("gitlab", "absent", "/mdapi/gitlab/none"),
    ]);
    const { code, stdout, stderr } = await halfkey("k8s", "check", "--json");
    assert.equal(code, 2);
    const [gitlab, joplin] = JSON.parse(stdout).namespaces;
    assert.equal(joplin.ok, true);
    assert.deepEqual([gitlab.ok, gitlab.read], [false, 1]);
    const reasons = Object.fromEntries(
      gitlab.failures.map(({ what, reason }: { what: string; reason: string }) => [what, reason]),
    );
    assert.match(reasons["/mdapi/joplin/app/password"], /unauthorized access/);
    assert.match(reasons["/mdapi/gitlab/none"], /failed to obtain item/);
    assert.doesNotMatch(stdout + stderr, /value-of/);
    const one = await halfkey("k8s", "check", "-n", "joplin");
    assert.deepEqual([one.code, /joplin +ok +1 read/.test(one.stdout)], [0, true], one.stdout);
    await cluster.kubectl(["delete", "externalsecret", "foreign", "absent", "-n", "gitlab"]);
  });

  it("finds what External Secrets calls valid: a store with a wrong audience", async () => {
    const setAudience = (audience: string) => {
      const kubernetesAuth = { serviceAccountRef: { audiences: [audience] } };
      const patch = { spec: { provider: { akeyless: { authSecretRef: { kubernetesAuth } } } } };
      return cluster.kubectl([
        "patch",
        "clustersecretstore",
        "cm-akeyless",
        "--type=merge",
        "-p",
        JSON.stringify(patch),
      ]);
    };
    await setAudience("elsewhere");
    const { code, stdout } = await halfkey("k8s", "check", "-n", "joplin");
    assert.equal(code, 2);
    assert.match(stdout, /joplin +failed +the login +.*audience/);
    await setAudience("halfkey-gateway");
    assert.equal((await halfkey("k8s", "check", "-n", "joplin")).code, 0);
  });

  it("wakes everything after an outage, the store first, and tells the seconds", async (t) => {
    await product.kill("gateway");
    await cluster.waitFor("all have failed", async () => (await unready()).length === many + 2, patienceMs);
    await product.startHalf("gateway");
    const { code, stdout, stderr } = await halfkey("k8s", "kick", "--wait", "--json");
    assert.equal(code, 0, stderr + stdout);
    const { kicked, notReady, seconds } = JSON.parse(stdout);
    assert.deepEqual([await unready(), notReady], [[], []]);
    // Some may have come back by themselves meanwhile, the store among them.
    assert(kicked.length > many / 2, `${kicked}`);
    assert(kicked.indexOf("ClusterSecretStore cm-akeyless") <= 0, "the store comes first");
    t.diagnostic(`${kicked.length} kicked, all ready after ${seconds} s`);
  });

  it("kicks nothing that is ready, unless it is asked to", async () => {
    assert.match((await halfkey("k8s", "kick", "--wait")).stdout, /^0 kicked/);
    const before = new Map(
      (await listed("externalsecrets")).map((one) => [nameOf(one), one.metadata.annotations]),
    );
    const { code, stdout } = await halfkey("k8s", "kick", "--all", "-n", "gitlab", "--wait", "--json");
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout).kicked, [
      "ClusterSecretStore cm-akeyless",
      "ExternalSecret gitlab/app",
    ]);
    const touched = (await listed("externalsecrets")).filter(
      (one) => JSON.stringify(one.metadata.annotations) !== JSON.stringify(before.get(nameOf(one))),
    );
    assert.deepEqual(touched.map(nameOf), ["gitlab/app"]);
  });

  it("says after --wait what is not ready, and fails", async () => {
    await cluster.apply(external("gitlab", "absent", "/mdapi/gitlab/none"));
    await cluster.waitFor("it has failed", async () => (await unready()).includes("absent"), patienceMs);
    const { code, stdout, stderr } = await halfkey("k8s", "kick", "--wait", "--timeout", "2");
    assert.equal(code, 2);
    assert.match(stdout, /ExternalSecret gitlab\/absent +SecretSyncedError: could not get secret data/);
    assert.match(stderr, /1 of 1 are not ready/);
    await cluster.kubectl(["delete", "externalsecret", "absent", "-n", "gitlab"]);
  });

  it("gives kick and check the rights they need and no more", async () => {
    for (const [purpose, words] of [
      ["kick", ["kick", "--all", "--wait", "-n", "gitlab"]],
      ["check", ["check", "-n", "gitlab"]],
    ] as const) {
      assert.equal((await halfkey("k8s", "rbac", purpose, "--apply")).code, 0);
      const again = JSON.parse((await halfkey("k8s", "rbac", purpose, "--apply", "--json")).stdout);
      assert.deepEqual(
        new Set(again.map(({ change }: { change: string }) => change)),
        new Set(["unchanged"]),
      );
      const token = (
        await cluster.kubectl(["create", "token", `halfkey-${purpose}`, "-n", "halfkey"])
      ).trim();
      const file = join(product.dataDir, `${purpose}.json`);
      await writeKubeconfig(cluster, token, file);
      const { code, stdout, stderr } = await halfkey("k8s", ...words, "--kubeconfig", file);
      assert.equal(code, 0, stdout + stderr);
      const as = `system:serviceaccount:halfkey:halfkey-${purpose}`;
      const canI = (...words: string[]) =>
        cluster.kubectl(["auth", "can-i", ...words, "-n", "gitlab", "--as", as]);
      assert.match(await canI("list", "externalsecrets.external-secrets.io"), /yes/);
      await assert.rejects(canI("get", "secrets"), /can-i get secrets/);
    }
  });
});

function external(namespace: string, name: string, key: string): KubernetesObject {
  return externalSecret(namespace, name, { refreshInterval: "5s", data: dataOf({ value: key }) });
}

function nameOf({ metadata }: KubernetesObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}
