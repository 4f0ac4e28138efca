// The launcher by itself, with doubles in place of the halves: what it starts, in which order it stops, what
// it leaves behind. The real halves run in end-to-end/start.test.ts.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import type { DevJson } from "../dev/dev-json.ts";
import { isAlive, until } from "./support/processes.ts";

const root = join(import.meta.dirname, "..");
const copy = mkdtempSync(join(tmpdir(), "halfkey-launcher-"));
cpSync(join(root, "dev"), join(copy, "dev"), { recursive: true });
for (const half of ["vault", "gateway"]) {
  const source = join(copy, "packages", half, "src");
  mkdirSync(source, { recursive: true });
  cpSync(join(root, "test", "support", "half-doubles", `${half}.ts`), join(source, "main.ts"));
}
const started: ChildProcess[] = [];
after(() => {
  for (const child of started) child.kill("SIGKILL");
  rmSync(copy, { recursive: true, force: true });
});

let data = "";
beforeEach(() => {
  data = mkdtempSync(join(copy, "data-"));
});

interface Run {
  child: ChildProcess;
  output(): string;
  /** Resolves with the exit code, or the signal's name. */
  ended: Promise<number | string>;
}

function launch(args: string[] = [], environment: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, [join(copy, "dev", "start.ts"), "--data", data, ...args], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
  }
  const ended = once(child, "close").then(([code, signal]) => signal ?? code);
  return { child, output: () => output, ended };
}

const devFile = () => join(data, "dev.json");
const readDev = (): DevJson => JSON.parse(readFileSync(devFile(), "utf8"));
const diary = () => readFileSync(join(data, "diary"), "utf8").trim().split("\n");
const ready = () => until("dev.json", () => existsSync(devFile()));

test("the launcher imports Node and its own files only", () => {
  for (const file of readdirSync(join(root, "dev"))) {
    const imports = readFileSync(join(root, "dev", file), "utf8").matchAll(/(?:from|import\()\s*"([^"]+)"/g);
    for (const [, name = ""] of imports) assert.match(name, /^(node:|\.\/)/, `${file} imports ${name}`);
  }
});

test("starts the vault, enrols, starts the gateway; stops them in the other order", async () => {
  const run = launch(["--vault-port", "7001", "--gateway-port", "7002"]);
  await ready();
  const dev = readDev();
  assert.deepEqual(Object.keys(dev), [
    ...["gatewayUrl", "akeylessUrl", "derivedKeyUrl", "consoleUrl", "vaultUrl", "caFile"],
    ...["accessId", "accessKey", "pids"],
  ]);
  assert.equal(dev.gatewayUrl, "https://127.0.0.1:7002");
  assert.equal(dev.akeylessUrl, "https://127.0.0.1:7002/akeyless-api/v2");
  assert.equal(dev.vaultUrl, "https://127.0.0.1:7001");
  assert.equal(dev.accessKey, "double-key");
  assert.deepEqual(Object.values(dev.pids).map(isAlive), [true, true]);
  for (const file of ["dev.json", "dev-unseal.key", "admin.json", "logs/vault.log", "logs/gateway.log"]) {
    assert.equal(statSync(join(data, file)).mode & 0o777, 0o600, file);
  }
  assert.equal(statSync(join(data, "dev-unseal.key")).size, 32);
  await until("the text", () => run.output().includes("Halfkey is ready"));
  assert.doesNotMatch(run.output(), /double-key|double-code/);

  run.child.kill("SIGTERM");
  assert.equal(await run.ended, 0);
  assert.deepEqual(Object.values(dev.pids).map(isAlive), [false, false]);
  assert.equal(existsSync(devFile()), false);
  assert.deepEqual(diary(), [
    ...["vault serve with tls", "vault enrol-code", "gateway init code=double-code", "gateway serve"],
    ...["gateway ends on SIGTERM", "vault ends on SIGTERM"],
  ]);
});

test("a second start keeps the key file and the credentials, and needs no code", async () => {
  const first = launch();
  await ready();
  const key = readFileSync(join(data, "dev-unseal.key"));
  first.child.kill("SIGINT");
  assert.equal(await first.ended, 0);

  const second = launch(["--no-tls-between"]);
  await ready();
  assert.deepEqual(readFileSync(join(data, "dev-unseal.key")), key);
  assert.equal(readDev().vaultUrl, "http://127.0.0.1:9443");
  second.child.kill("SIGTERM");
  assert.equal(await second.ended, 0);
  assert.equal(diary().filter((line) => line === "vault enrol-code").length, 1);
  assert(diary().includes("gateway init code=none"));
  assert(diary().includes("vault serve without tls"));
});

test("a code that init may have used is offered again after a failure", async () => {
  const failed = launch([], { DOUBLE_INIT_FAILS: "1" });
  assert.equal(await failed.ended, 1);
  assert.match(
    failed.output(),
    /gateway init failed with exit code 2[\s\S]*the double refuses to initialise/,
  );
  const healed = launch();
  await ready();
  healed.child.kill("SIGTERM");
  assert.equal(await healed.ended, 0);
  assert.equal(diary().filter((line) => line === "vault enrol-code").length, 1);
  assert.equal(diary().filter((line) => line === "gateway init code=double-code").length, 2);
});

test("a second launcher on the same data is refused and harms nothing", async () => {
  const first = launch();
  await ready();
  const second = launch();
  assert.equal(await second.ended, 1);
  assert.match(
    second.output(),
    new RegExp(`already runs on this data directory \\(process ${first.child.pid}\\)`),
  );
  assert.deepEqual(Object.values(readDev().pids).map(isAlive), [true, true]);
  first.child.kill("SIGTERM");
  assert.equal(await first.ended, 0);
});

test("a half that dies takes the other along, with its last words and exit 1", async () => {
  const run = launch();
  await ready();
  const { pids } = readDev();
  process.kill(pids.vault, "SIGKILL");
  assert.equal(await run.ended, 1);
  assert.match(run.output(), /The vault ended by itself with signal SIGKILL[\s\S]*the vault double starts/);
  assert.equal(isAlive(pids.gateway), false);
  assert.equal(existsSync(devFile()), false);
});

test("a half that cannot start is explained", async () => {
  const run = launch([], { DOUBLE_VAULT_FAILS: "1" });
  assert.equal(await run.ended, 1);
  assert.match(run.output(), /the vault ended with exit code 3 before it was ready[\s\S]*--vault-port 0/);
});

test("kill -9 of the launcher ends both halves, and the next start waits for them", async () => {
  const first = launch();
  await ready();
  const { pids } = readDev();
  first.child.kill("SIGKILL");
  await first.ended;
  const second = launch();
  await until("the new dev.json", () => existsSync(devFile()) && readDev().pids.vault !== pids.vault);
  assert.deepEqual(Object.values(pids).map(isAlive), [false, false]);
  assert(diary().includes("vault ends on disconnect"));
  second.child.kill("SIGTERM");
  assert.equal(await second.ended, 0);
});

test("mistakes on the command line are explained", async () => {
  const unknown = launch(["--gateway-prot", "1"]);
  assert.equal(await unknown.ended, 1);
  assert.match(unknown.output(), /--gateway-prot[\s\S]*--gateway-port N/);
  const range = launch(["--vault-port", "70000"]);
  assert.equal(await range.ended, 1);
  assert.match(range.output(), /--vault-port .*must be 0 to 65535, not "70000"/);
});
