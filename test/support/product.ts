import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DevJson } from "../../dev/dev-json.ts";
import { type Half, startHalf } from "../../dev/half.ts";
import { gatewayServeArguments, type HalfName, layout, vaultServeArguments } from "../../dev/layout.ts";
import { isAlive } from "./processes.ts";

export type { DevJson };

export interface ProductOptions {
  /** Default: any free port. */
  gatewayPort?: number;
  vaultPort?: number;
  /** Default: a temporary one, removed by `stop`. A directory given here stays. */
  dataDir?: string;
  /** Added to this process's environment, for the launcher and both halves. */
  env?: Record<string, string>;
  /** Off: the vault speaks plain HTTP, for tests that look at the traffic. */
  vaultTls?: boolean;
}

const root = join(import.meta.dirname, "..", "..");
const startMilliseconds = 60_000;

/** Starts both halves as `npm start` does; everything ends with `stop`, or with the calling process. */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const product = new Product(options);
  try {
    await product.start();
  } catch (error) {
    await product.stop();
    throw error;
  }
  return product;
}

/** Both halves on loopback, on ports and in a directory of their own. */
export class Product {
  readonly dataDir: string;
  /** What dev.json said; `pids` follows {@link Product.startHalf}. */
  dev!: DevJson;
  readonly #options: ProductOptions;
  readonly #ownsData: boolean;
  readonly #halves = new Map<HalfName, Half>();
  #launcher: ChildProcess | undefined;
  #output = "";

  constructor(options: ProductOptions) {
    this.#options = options;
    this.#ownsData = options.dataDir === undefined;
    this.dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "halfkey-test-"));
  }

  /** Starts what was stopped. Ports stay what they were. */
  async start(): Promise<void> {
    const ports = this.#ports();
    const stale = this.#readDev();
    const launcher = spawn(
      process.execPath,
      [
        join(root, "dev", "start.ts"),
        ...["--data", this.dataDir],
        ...["--gateway-port", String(ports.gateway), "--vault-port", String(ports.vault)],
        ...(this.#options.vaultTls === false ? ["--no-tls-between"] : []),
      ],
      {
        cwd: root,
        // A test that kills one half wants the other to go on.
        env: { ...process.env, ...this.#options.env, HALFKEY_DEV_STOP_TOGETHER: "off" },
        // By the IPC channel the launcher notices when the test process dies.
        stdio: ["ignore", "pipe", "pipe", "ipc"],
      },
    );
    this.#launcher = launcher;
    this.#output = "";
    for (const stream of [launcher.stdout, launcher.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        this.#output += chunk;
      });
    }
    const deadline = Date.now() + startMilliseconds;
    let dev = this.#readDev();
    while (dev === undefined || dev === stale) {
      if (launcher.exitCode !== null || Date.now() > deadline) {
        throw new Error(`the product did not start:\n${this.#output}`);
      }
      await sleep(25);
      dev = this.#readDev();
    }
    this.dev = JSON.parse(dev);
  }

  /** Ends both halves in order, and removes a temporary data directory. Safe to call again. */
  async stop(): Promise<void> {
    await this.#stopProcesses();
    if (this.#ownsData) rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** Stops and starts both halves on the same data and ports. */
  async restart(): Promise<void> {
    await this.#stopProcesses();
    await this.start();
  }

  /** Sends one half a signal; returns when it is gone, if it goes within 15 s. */
  async kill(half: HalfName, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const pid = this.dev.pids[half];
    process.kill(pid, signal);
    if (signal === "SIGSTOP" || signal === "SIGCONT") return;
    const deadline = Date.now() + 15_000;
    while (isAlive(pid)) {
      if (Date.now() > deadline) throw new Error(`the ${half} (${pid}) survives ${signal}`);
      await sleep(20);
    }
  }

  /** Starts a half that was killed, on the same data and port, and waits until it is ready. */
  async startHalf(name: HalfName): Promise<void> {
    const { vault, gateway } = this.#ports();
    const tls = this.#options.vaultTls !== false;
    const args =
      name === "vault"
        ? vaultServeArguments(this.dataDir, vault, tls)
        : gatewayServeArguments(this.dataDir, gateway, this.dev.vaultUrl);
    const half = startHalf(name, args, layout(this.dataDir).log(name), this.#options.env);
    this.#halves.set(name, half);
    this.dev.pids[name] = half.pid;
    await half.ready();
  }

  /** What the launcher has printed so far. */
  get output(): string {
    return this.#output;
  }

  /** A killed launcher leaves its file behind: only another text is news. */
  #readDev(): string | undefined {
    const { devJson } = layout(this.dataDir);
    return existsSync(devJson) ? readFileSync(devJson, "utf8") : undefined;
  }

  #ports(): Record<HalfName, number> {
    const { gatewayPort = 0, vaultPort = 0 } = this.#options;
    if (!this.dev) return { gateway: gatewayPort, vault: vaultPort };
    return {
      gateway: Number(new URL(this.dev.gatewayUrl).port),
      vault: Number(new URL(this.dev.vaultUrl).port),
    };
  }

  async #stopProcesses(): Promise<void> {
    await this.#halves.get("gateway")?.stop();
    const launcher = this.#launcher;
    if (launcher && launcher.exitCode === null && launcher.signalCode === null) {
      const ended = once(launcher, "exit");
      launcher.kill("SIGTERM");
      await ended;
    }
    await this.#halves.get("vault")?.stop();
    this.#halves.clear();
  }
}
