import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "./free-ports.ts";
import { runCommand } from "./run-command.ts";

const scripts = join(import.meta.dirname, "..", "cluster");
const readyMsMax = 180_000;
const endMsMax = 15_000;

/** Says in one line why no cluster can be started on this machine; `undefined` if one can. */
export function clusterToolsMissing(): string | undefined {
  const onPath = (tool: string) =>
    (process.env.PATH ?? "").split(delimiter).some((folder) => {
      try {
        accessSync(join(folder, tool), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
  if (process.platform !== "linux") return "the test cluster runs on Linux only";
  const missing = ["bash", "openssl", "curl", "flock", "setsid"].filter((tool) => !onPath(tool));
  // Only a build needs Go, and its result is kept.
  if (
    missing.length === 0 &&
    !onPath("go") &&
    spawnSync(join(scripts, "build.sh"), ["--cached"]).status !== 0
  )
    missing.push("go");
  return missing.length > 0 ? `the test cluster needs ${missing.join(", ")}` : undefined;
}

/** The running programs of test/cluster and the folder of their certificates, data and logs. */
export interface ClusterProcess {
  readonly folder: string;
  /** Ends the programs that this one start has started, no others, and removes the folder but for wanted logs. */
  end(keepLogs: boolean): Promise<void>;
}

/**
 * Builds what is not built yet, then starts a cluster with a folder and ports of its own.
 *
 * It also ends when this process does, however that comes about: its starter reads from a pipe that breaks then.
 *
 * @throws {Error} With the path of the logs, once nothing of the failed start is running any more.
 */
export async function startClusterProcess(esoFlags: readonly string[]): Promise<ClusterProcess> {
  await runCommand(join(scripts, "build.sh"), [], { showProgress: true });
  const folder = await mkdtemp(join(tmpdir(), "halfkey-cluster-"));
  const env = {
    ...process.env,
    RUN: folder,
    CLUSTER_PORTS: String(await freePorts(7)),
    ESO_FLAGS: esoFlags.join(" "),
  };
  // In its own process group, or Ctrl-C would end the starter before it can end the others.
  const starter = spawn(join(scripts, "up.sh"), ["--hold"], {
    env,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const end = async (keepLogs: boolean) => {
    starter.stdin.end();
    await ended(starter);
    await runCommand(join(scripts, "down.sh"), ["--keep-logs"], { env }); // if someone has killed the starter
    if (!keepLogs) await rm(folder, { recursive: true, force: true });
  };
  try {
    await ready(starter);
  } catch (cause) {
    await end(true);
    throw new Error(`the test cluster did not start; its logs are in ${join(folder, "log")}`, { cause });
  }
  // A suite that forgets to stop its cluster ends all the same, and the cluster with it.
  starter.unref();
  for (const stream of [starter.stdin, starter.stdout, starter.stderr]) (stream as unknown as Socket).unref();
  return { folder, end };
}

async function ready(starter: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let output = "";
  const read = (text: string) => {
    output += text;
    if (/ ms {2}ready$/m.test(output)) resolve();
  };
  starter.stdout?.setEncoding("utf8").on("data", read);
  starter.stderr?.setEncoding("utf8").on("data", read);
  starter.on("error", reject);
  starter.on("close", (status) => reject(new Error(`up.sh ended with status ${status}:\n${output.trim()}`)));
  const timer = setTimeout(
    () => reject(new Error(`up.sh was not ready within ${readyMsMax / 1000} s:\n${output}`)),
    readyMsMax,
  );
  await promise.finally(() => clearTimeout(timer));
}

async function ended(starter: ChildProcess): Promise<void> {
  const giveUpAt = Date.now() + endMsMax;
  while (starter.exitCode === null && starter.signalCode === null) {
    if (Date.now() > giveUpAt) starter.kill("SIGKILL");
    await sleep(20);
  }
}
