import { spawn } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Cluster } from "./cluster.ts";

interface SecretRef {
  readonly name: string;
  readonly optional?: boolean;
}

/** The part of a pod's specification, in Kubernetes' own words, that has to do with Secrets. */
export interface PodSpec {
  readonly containers: readonly [
    {
      /** A program of this machine: there are no images. */
      readonly command: readonly [string, ...string[]];
      readonly envFrom?: readonly { readonly prefix?: string; readonly secretRef: SecretRef }[];
      readonly env?: readonly (
        | { readonly name: string; readonly value: string }
        | {
            readonly name: string;
            readonly valueFrom: { readonly secretKeyRef: SecretRef & { readonly key: string } };
          }
      )[];
      readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
    },
  ];
  readonly volumes?: readonly {
    readonly name: string;
    readonly secret: {
      readonly secretName: string;
      readonly optional?: boolean;
      readonly defaultMode?: number;
      readonly items?: readonly { readonly key: string; readonly path: string; readonly mode?: number }[];
    };
  }[];
}

/** A container's process. */
export interface Pod {
  /** Writes a line to its standard input and returns the next line of its output. */
  ask(line: string): Promise<string>;
  /** Brings its volumes up to date, as the kubelet does within about a minute of a Secret's change. */
  syncVolumes(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Runs a pod's container as the kubelet would. **There is no kubelet in the test cluster**: this reads the real Secrets
 * from the real API server and applies the kubelet's rules (Kubernetes 1.36, `makeEnvironmentVariables` and
 * `MakePayload`) by itself. The process is real, its environment and files too; there is no image, no isolation, and a
 * mount path is a folder below the process's working directory.
 *
 * @throws {Error} In the kubelet's words, where it would not start the container.
 */
export async function startPod(cluster: Cluster, namespace: string, spec: PodSpec): Promise<Pod> {
  const [container] = spec.containers;
  const root = mkdtempSync(join(tmpdir(), "halfkey-pod-"));
  const secrets = secretReader(cluster, namespace);
  const syncVolumes = async () => {
    for (const { name, mountPath } of container.volumeMounts ?? []) {
      const volume = spec.volumes?.find((one) => one.name === name);
      if (volume === undefined) throw new Error(`volumeMounts names no volume: "${name}"`);
      replaceFiles(join(root, mountPath), await filesOf(volume.secret, secrets));
    }
  };
  try {
    await syncVolumes();
    return runContainer(container.command, await environmentOf(container, secrets), root, syncVolumes);
  } catch (error) {
    rmSync(root, { recursive: true, force: true });
    throw error;
  }
}

type Container = PodSpec["containers"][0];
type SecretVolume = NonNullable<PodSpec["volumes"]>[number]["secret"];
type ReadSecret = (ref: SecretRef) => Promise<Map<string, Buffer> | undefined>;

/** An optional Secret may be absent. */
function secretReader(cluster: Cluster, namespace: string): ReadSecret {
  return async ({ name, optional }) => {
    const secret = await cluster.get("secret", namespace, name);
    if (secret === undefined && optional !== true) throw new Error(`secret "${name}" not found`);
    if (secret === undefined) return undefined;
    const entries = Object.entries<string>(secret.data ?? {});
    return new Map(entries.map(([key, data]) => [key, Buffer.from(data, "base64")]));
  };
}

/** Later `envFrom` wins over earlier, and `env` over both. */
async function environmentOf(container: Container, read: ReadSecret): Promise<Record<string, string>> {
  const environment: Record<string, string> = {};
  for (const { prefix = "", secretRef } of container.envFrom ?? [])
    for (const [key, value] of (await read(secretRef)) ?? []) environment[prefix + key] = value.toString();
  for (const variable of container.env ?? []) {
    if ("value" in variable) {
      environment[variable.name] = variable.value;
      continue;
    }
    const { secretKeyRef } = variable.valueFrom;
    const value = (await read(secretKeyRef))?.get(secretKeyRef.key);
    if (value !== undefined) environment[variable.name] = value.toString();
    else if (secretKeyRef.optional !== true)
      throw new Error(`couldn't find key ${secretKeyRef.key} in Secret ${secretKeyRef.name}`);
  }
  return environment;
}

interface VolumeFile {
  readonly path: string;
  readonly content: Buffer;
  readonly mode: number;
}

async function filesOf(volume: SecretVolume, read: ReadSecret): Promise<VolumeFile[]> {
  const { secretName, defaultMode = 0o644, items, optional = false } = volume;
  const data = await read({ name: secretName, optional });
  if (data === undefined) return [];
  if (items === undefined) return [...data].map(([path, content]) => ({ path, content, mode: defaultMode }));
  return items.flatMap(({ key, path, mode = defaultMode }) => {
    const content = data.get(key);
    if (content === undefined && !optional) throw new Error(`references non-existent secret key: ${key}`);
    return content === undefined ? [] : [{ path, content, mode }];
  });
}

/** All files change at once: they are links by way of `..data`, a link to the folder of one state. */
function replaceFiles(mount: string, files: readonly VolumeFile[]): void {
  mkdirSync(mount, { recursive: true });
  const state = mkdtempSync(join(mount, "..state-"));
  for (const { path, content, mode } of files) {
    mkdirSync(dirname(join(state, path)), { recursive: true });
    writeFileSync(join(state, path), content);
    chmodSync(join(state, path), mode);
  }
  const next = join(mount, "..data_tmp");
  symlinkSync(state, next);
  renameSync(next, join(mount, "..data"));
  const wanted = new Set(files.map(({ path }) => path.split("/")[0] ?? path));
  for (const present of readdirSync(mount)) {
    if (present.startsWith("..")) {
      if (present !== "..data" && join(mount, present) !== state)
        rmSync(join(mount, present), { recursive: true });
    } else if (!wanted.delete(present)) rmSync(join(mount, present));
  }
  for (const name of wanted) symlinkSync(join("..data", name), join(mount, name));
}

function runContainer(
  [program, ...args]: Container["command"],
  environment: Record<string, string>,
  root: string,
  syncVolumes: () => Promise<void>,
): Pod {
  // Only PATH is this machine's own.
  const child = spawn(program, args, {
    cwd: root,
    env: { PATH: process.env.PATH ?? "", ...environment },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  child.on("close", () => resolve());
  child.on("error", () => resolve());
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(line) {
      child.stdin.write(`${line}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error("the container has ended");
      return value;
    },
    syncVolumes,
    async stop() {
      child.stdin.end();
      child.kill();
      await ended;
      rmSync(root, { recursive: true, force: true });
    },
  };
}
