// `npm start` as a user runs it: through npm, on real halves.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { isAlive, until } from "../support/processes.ts";
import { type DevJson, startProduct } from "../support/product.ts";
import { runCli } from "../support/run-cli.ts";

const root = join(import.meta.dirname, "..", "..");
const dataDir = mkdtempSync(join(tmpdir(), "halfkey-start-"));
const devFile = join(dataDir, "dev.json");
const path = "/mdapi/joplin/tsig-secret/tsig-secret-key";
let npm: ChildProcess | undefined;
let lastPids: number[] = [];

after(async () => {
  npm?.kill("SIGTERM");
  await until("everything ended", () => !lastPids.some(isAlive)).catch(() => {});
  rmSync(dataDir, { recursive: true, force: true });
});

/** Starts `npm start -- …`; `pids` are npm's, the launcher's and both halves'. */
async function npmStart(): Promise<{ npm: ChildProcess; dev: DevJson; pids: number[]; output(): string }> {
  const ports = ["--gateway-port", "0", "--vault-port", "0"];
  rmSync(devFile, { force: true }); // a killed launcher leaves one behind
  const child = spawn("npm", ["start", "--", "--data", dataDir, ...ports], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  npm = child;
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
  }
  await until(
    "dev.json",
    () => {
      assert.equal(child.exitCode, null, output);
      return existsSync(devFile);
    },
    90_000,
  );
  const dev: DevJson = JSON.parse(readFileSync(devFile, "utf8"));
  const [launcher] = JSON.parse(readFileSync(join(dataDir, "dev.lock"), "utf8"));
  lastPids = [child.pid ?? -1, launcher.pid, dev.pids.vault, dev.pids.gateway];
  assert.deepEqual(lastPids.map(isAlive), [true, true, true, true]);
  return { npm: child, dev, pids: lastPids, output: () => output };
}

const halfkey = (args: string[], input?: string) =>
  runCli(args, { env: { HALFKEY_DATA: dataDir }, ...(input === undefined ? {} : { input }) });

test("npm start leads to a first secret; SIGTERM to npm leaves nothing alive", async () => {
  const run = await npmStart();
  assert.equal(statSync(devFile).mode & 0o777, 0o600);
  assert(existsSync(run.dev.caFile));
  await until("the text", () => run.output().includes("Halfkey is ready"));
  assert(!run.output().includes(run.dev.accessKey));

  const put = await halfkey(["put", path], "hmac-sha256:one");
  assert.equal(put.exitCode, 0, put.stderr);
  const get = await halfkey(["get", path]);
  assert.equal(get.exitCode, 0, get.stderr);
  assert.equal(get.stdout.toString(), "hmac-sha256:one");

  const ended = once(run.npm, "exit");
  run.npm.kill("SIGTERM");
  await ended;
  await until("everything ended", () => !run.pids.some(isAlive));
  assert.equal(existsSync(devFile), false);
});

test("a restart keeps everything; kill -9 of npm leaves nothing alive", async () => {
  const run = await npmStart();
  const get = await halfkey(["get", path]);
  assert.equal(get.stdout.toString(), "hmac-sha256:one", get.stderr);

  run.npm.kill("SIGKILL");
  await until("everything ended", () => !run.pids.some(isAlive));
  assert.equal(existsSync(devFile), false);
});

test("kill -9 of the launcher leaves nothing alive, and the data serves again", async () => {
  const run = await npmStart();
  const [, launcher = -1] = run.pids;
  process.kill(launcher, "SIGKILL");
  await until("everything ended", () => !run.pids.some(isAlive));

  const again = await npmStart();
  const get = await halfkey(["get", path]);
  assert.equal(get.stdout.toString(), "hmac-sha256:one", get.stderr);
  again.npm.kill("SIGTERM");
  await until("everything ended", () => !again.pids.some(isAlive));
});

test("one half killed and started again: the other goes on, the secret is there", async () => {
  const product = await startProduct();
  try {
    const env = { HALFKEY_DATA: product.dataDir };
    assert.equal((await runCli(["put", path], { env, input: "two" })).exitCode, 0);
    for (const half of ["vault", "gateway"] as const) {
      const other = half === "vault" ? "gateway" : "vault";
      await product.kill(half);
      assert(isAlive(product.dev.pids[other]), `the ${other} goes on without the ${half}`);
      await product.startHalf(half);
      await until(`a read after the ${half}'s return`, async () => {
        const get = await runCli(["get", path], { env });
        return get.exitCode === 0 && get.stdout.toString() === "two";
      });
    }
    await product.restart();
    assert.equal((await runCli(["get", path], { env })).stdout.toString(), "two");
  } finally {
    await product.stop();
  }
  assert.deepEqual(Object.values(product.dev.pids).map(isAlive), [false, false]);
  assert.equal(existsSync(product.dataDir), false);
});
