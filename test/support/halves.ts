import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Half, startHalf } from "../../dev/half.ts";
import { type AkeylessClient, createAkeylessClient } from "./akeyless-client.ts";
import { runHalf } from "./run-half.ts";

export interface GatewayOptions {
  /** Name of its data folder. */
  name?: string;
  /** Default: the key file. */
  unseal?: readonly string[];
  /** Default: where the vault listens. */
  vaultUrl?: string;
  /** Default: the first credentials may do everything; `false`: administer, and read no value. */
  grantAll?: boolean;
  /** Further arguments of `init` or `serve`. */
  more?: readonly string[];
  /** Default: any free port. */
  port?: number;
  /** Added to this process's. */
  environment?: Record<string, string>;
}

export interface VaultOptions {
  tls?: boolean;
  /** Another folder of data. */
  data?: string;
  /** Default: the one it had, or any free one. */
  port?: number;
  environment?: Record<string, string>;
}

export interface RunningGateway {
  readonly half: Half;
  readonly url: string;
  readonly client: AkeylessClient;
  /** Ends it in order. */
  stop(): Promise<void>;
}

/** Both halves as an operator runs them, by `halfkey-vault` and `halfkey-gateway`, in a folder of their own. */
export class Halves {
  readonly folder = mkdtempSync(join(tmpdir(), "halfkey-halves-"));
  readonly vaultData = join(this.folder, "vault");
  readonly keyFile = join(this.folder, "unseal.key");
  readonly vaultLog = join(this.folder, "vault.log");
  readonly gatewayLog = join(this.folder, "gateway.log");
  vaultUrl = "";
  readonly #running = new Set<Half>();

  /** @param copied Stopped ones whose data these begin with, on another port. */
  constructor(copied?: Halves) {
    if (copied === undefined)
      writeFileSync(this.keyFile, crypto.getRandomValues(new Uint8Array(32)), { mode: 0o600 });
    else cpSync(copied.folder, this.folder, { recursive: true });
  }

  gatewayData(name = "gateway"): string {
    return join(this.folder, name);
  }

  /** Starts the vault, on the port it had if it had one. */
  async startVault(options: VaultOptions = {}): Promise<Half> {
    const vault = this.beginVault(options);
    this.vaultUrl = await vault.ready();
    return vault;
  }

  /** Starts the vault without waiting until it is ready. */
  beginVault({ tls = true, data = this.vaultData, port, environment }: VaultOptions = {}): Half {
    const listenOn = port ?? (this.vaultUrl === "" ? 0 : new URL(this.vaultUrl).port);
    const flags = ["--data", data, "--port", String(listenOn), ...(tls ? [] : ["--no-tls"])];
    const vault = startHalf("vault", ["serve", ...flags], this.vaultLog, environment);
    this.#running.add(vault);
    return vault;
  }

  /** Makes an account with its first credentials. */
  async initGateway(options: GatewayOptions = {}): Promise<{ accessId: string; accessKey: string }> {
    const { name, vaultUrl = this.vaultUrl, grantAll = true, more = [] } = options;
    const data = this.gatewayData(name);
    const made = await runHalf("vault", ["enrol-code", "--new-account", "--data", this.vaultData, "--json"]);
    const ca = vaultUrl.startsWith("https:") ? ["--vault-ca", join(this.vaultData, "tls", "ca.pem")] : [];
    const { exitCode, stderr } = await runHalf(
      "gateway",
      [
        ...[
          "init",
          "--data",
          data,
          "--vault",
          vaultUrl,
          ...ca,
          ...(grantAll ? ["--grant-all"] : []),
          ...more,
        ],
        ...["--credentials", join(data, "admin.json"), ...this.#unseal(options)],
      ],
      { input: JSON.parse(made.stdout).code },
    );
    if (exitCode !== 0) throw new Error(`halfkey-gateway init: ${stderr}`);
    return this.credentials(name);
  }

  credentials(name?: string): { accessId: string; accessKey: string } {
    return JSON.parse(readFileSync(join(this.gatewayData(name), "admin.json"), "utf8"));
  }

  /** The arguments of `halfkey-gateway` that serve. */
  serveArguments(options: GatewayOptions = {}): string[] {
    const vault = options.vaultUrl === undefined ? [] : ["--vault", options.vaultUrl];
    return [
      "serve",
      "--data",
      this.gatewayData(options.name),
      "--port",
      String(options.port ?? 0),
      ...vault,
      ...(options.more ?? []),
      ...this.#unseal(options),
    ];
  }

  /** Starts the gateway without waiting until it is ready. */
  beginGateway(options: GatewayOptions = {}): Half {
    const half = startHalf("gateway", this.serveArguments(options), this.gatewayLog, options.environment);
    this.#running.add(half);
    return half;
  }

  async startGateway(options: GatewayOptions = {}): Promise<RunningGateway> {
    return this.readyGateway(this.beginGateway(options), options);
  }

  /** Waits until a gateway that was begun is ready. */
  async readyGateway(half: Half, options: GatewayOptions = {}): Promise<RunningGateway> {
    const url = await half.ready();
    const client = createAkeylessClient({
      akeylessUrl: `${url}/akeyless-api/v2`,
      caFile: join(this.gatewayData(options.name), "tls", "ca.pem"),
      ...this.credentials(options.name),
    });
    const stop = async () => {
      client.close();
      await half.stop();
    };
    return { half, url, client, stop };
  }

  /** Ends what runs, the gateways first. */
  async stopAll(): Promise<void> {
    for (const half of [...this.#running].toReversed()) await half.stop();
    this.#running.clear();
  }

  /** Ends what runs and removes everything. */
  async stop(): Promise<void> {
    await this.stopAll();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #unseal({ unseal }: GatewayOptions): readonly string[] {
    return unseal ?? ["--key-file", this.keyFile];
  }
}
