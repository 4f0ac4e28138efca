// `npm start`: both halves on this machine, as two processes. No process may hold both, so this one holds
// neither: it starts programs and knows nothing of what they do (docs/decisions/0001-two-processes.md).
import { chmodSync, mkdirSync, rmSync, statSync } from "node:fs";
import { type Running, writeDevJson } from "./dev-json.ts";
import { enrolGateway } from "./enrolment.ts";
import { type Half, HalfError, startHalf } from "./half.ts";
import { gatewayServeArguments, layout, vaultServeArguments } from "./layout.ts";
import { type Lock, LockedError, takeLock } from "./lock.ts";
import { readOptions, type StartOptions, UsageError, usage } from "./options.ts";
import { watchParent } from "./parent-watch.ts";
import { welcome } from "./welcome.ts";

/** Oldest first; stopped in the other order, because the gateway says goodbye to the vault. */
const halves: Half[] = [];
let lock: Lock | undefined;
let options: StartOptions | undefined;
let stopping = false;
const stopped = new AbortController();

/** Stops what runs and ends the process. Safe to call again: the first reason wins. */
async function stop(exitCode: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  stopped.abort();
  if (options && lock) rmSync(layout(options.dataDir).devJson, { force: true });
  for (const half of halves.toReversed()) await half.stop();
  lock?.release();
  process.exit(exitCode);
}

async function start(chosen: StartOptions): Promise<Running> {
  const { dataDir } = chosen;
  const at = layout(dataDir);
  makePrivate(dataDir);
  lock = await takeLock(at.lock);
  rmSync(at.devJson, { force: true });
  makePrivate(at.logs);
  // Inherited by the halves: a start takes less time, and each half less memory, as it loads no compiler of types.
  // Whoever can write the folder can run code in them, so it is a private one.
  makePrivate(at.compileCache);
  process.env.NODE_COMPILE_CACHE ??= at.compileCache;

  const vault = follow(
    startHalf("vault", vaultServeArguments(dataDir, chosen.vaultPort, chosen.tlsBetween), at.log("vault")),
  );
  const vaultUrl = await vault.ready();
  await enrolGateway(dataDir, vaultUrl, stopped.signal);
  const gateway = follow(
    startHalf("gateway", gatewayServeArguments(dataDir, chosen.gatewayPort, vaultUrl), at.log("gateway")),
  );
  const gatewayUrl = await gateway.ready();
  const running = { gatewayUrl, vaultUrl, pids: { vault: vault.pid, gateway: gateway.pid } };
  writeDevJson(dataDir, running);
  for (const half of halves) void half.ended.then((how) => died(half, how));
  return running;
}

function follow(half: Half): Half {
  halves.push(half);
  lock?.add(half.pid);
  // A stop that came while this half was being started has not seen it.
  if (stopping) void half.stop();
  return half;
}

function died(half: Half, how: string): void {
  if (stopping) return;
  const rest = options?.stopTogether ? "Stopping the other half." : "The other half goes on.";
  console.error(`\nThe ${half.name} ended by itself with ${how}. ${rest}\n${half.lastLines()}`);
  if (options?.stopTogether) {
    console.error(`Its log: ${layout(options.dataDir).log(half.name)}. Start again with: npm start`);
    void stop(1);
  }
}

function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Keys and credentials will lie here: nobody else looks in, whoever made the folder.
  if ((statSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700);
}

function explain(error: unknown): string {
  if (error instanceof UsageError || error instanceof LockedError) return error.message;
  if (error instanceof HalfError && options) {
    return `Halfkey did not start: ${error.message}
Logs: ${layout(options.dataDir).logs}. A port in use? Choose others: npm start -- --gateway-port 0 --vault-port 0`;
  }
  return `Halfkey did not start: ${error instanceof Error ? error.message : String(error)}`;
}

// Whoever read our output may be gone (npm was killed): losing a line must not stop an orderly end.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => void stop(0));
watchParent(() => void stop(0));

try {
  const chosen = readOptions(process.argv.slice(2), process.env);
  if (chosen === "help") {
    console.log(usage);
    process.exit(0);
  }
  options = chosen;
  const running = await start(chosen);
  console.log(welcome(chosen.dataDir, running));
} catch (error) {
  if (!stopping) console.error(explain(error));
  await stop(1);
}
