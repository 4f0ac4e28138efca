import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { DevJson } from "../dev/dev-json.ts";
import { gatewayServeArguments, layout, programs } from "../dev/layout.ts";
import { Caller, eventually } from "./call.ts";
import type { PreparedRequest } from "./load.ts";
import { measure } from "./measure.ts";
import { otherPrefix, type Side, secretPath, secretValue, serverCore } from "./sides.ts";

const root = join(import.meta.dirname, "..");
const akeyless = "/akeyless-api/v2";

/** Both halves as `npm start` runs them: TLS between them and to the client, audit log on, all on one core. */
export class Product implements Side {
  readonly name = "halfkey";
  readonly url: string;
  readonly ca: string;
  readonly dataDir: string;
  readonly #dev: DevJson;
  readonly #launcher: ChildProcess;
  #gateway: ChildProcess | undefined;

  private constructor(dataDir: string, dev: DevJson, launcher: ChildProcess) {
    this.dataDir = dataDir;
    this.#dev = dev;
    this.#launcher = launcher;
    this.url = dev.gatewayUrl;
    this.ca = readFileSync(dev.caFile, "utf8");
  }

  static async start(dataDir: string): Promise<Product> {
    rmSync(dataDir, { recursive: true, force: true });
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const launcher = spawn(
      "taskset",
      [
        ...["-c", String(serverCore), process.execPath, join(root, "dev", "start.ts")],
        ...["--data", dataDir, "--gateway-port", "0", "--vault-port", "0"],
      ],
      { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, HALFKEY_DEV_STOP_TOGETHER: "off" } },
    );
    const dev = await eventually(async () => {
      if (launcher.exitCode !== null) throw new Error("npm start ended");
      return JSON.parse(readFileSync(layout(dataDir).devJson, "utf8")) as DevJson;
    });
    return new Product(dataDir, dev, launcher);
  }

  processes(): { gateway: number; vault: number } {
    const { gateway, vault } = this.#dev.pids;
    return { gateway: this.#gateway?.pid ?? gateway, vault };
  }

  get caFile(): string {
    return this.#dev.caFile;
  }

  async stop(): Promise<void> {
    if (this.#gateway !== undefined) await end(this.#gateway);
    await end(this.#launcher);
  }

  command<T>(name: string, body: object): Promise<T> {
    return new Caller(this).askJson<T>(this.request(name, body));
  }

  request(name: string, body: object): PreparedRequest {
    return { method: "POST", path: `${akeyless}/${name}`, body: JSON.stringify(body) };
  }

  adminToken(): Promise<string> {
    const { accessId, accessKey } = this.#dev;
    return this.logIn({ accessId, accessKey });
  }

  async logIn(credentials: Credentials): Promise<string> {
    return (await this.command<{ token: string }>("auth", logInBody(credentials))).token;
  }

  logInRequest(credentials: Credentials): PreparedRequest {
    return this.request("auth", logInBody(credentials));
  }

  /** An access key whose role has so many rules; the last one gives everything below /mdapi. */
  async createReader(name: string, rules: number): Promise<Credentials> {
    const token = await this.adminToken();
    const admin = (command: string, body: object) => this.command<never>(command, { ...body, token });
    const { access_id: accessId, access_key: accessKey } = await this.command<{
      access_id: string;
      access_key: string;
    }>("auth-method-create-api-key", { name, token, "jwt-ttl": 600 });
    await admin("create-role", { name });
    const others = Array.from({ length: rules - 1 }, (_, n) =>
      this.request("set-role-rule", {
        "role-name": name,
        path: `${otherPrefix(n)}/*`,
        capability: ["read"],
        token,
      }),
    );
    if (others.length > 0) await measure({ side: this, requests: others }, { once: true, connections: 32 });
    const capability = ["read", "list", "create", "update"];
    await admin("set-role-rule", { "role-name": name, path: "/mdapi/*", capability });
    await admin("assoc-role-am", { "role-name": name, "am-name": name });
    return { accessId, accessKey };
  }

  create(token: string, n: number): PreparedRequest {
    return this.request("create-secret", { name: secretPath(n), value: secretValue(n), token });
  }

  read(token: string, ...numbers: number[]): PreparedRequest {
    return this.request("get-secret-value", { names: numbers.map(secretPath), token });
  }

  update(token: string, n: number, value: string): PreparedRequest {
    return this.request("update-secret-val", { name: secretPath(n), value, token });
  }

  /** One page of a thousand; the whole would be refused above 50,000. */
  listPage(token: string, page: string): PreparedRequest {
    return this.request("list-items", {
      path: "/",
      token,
      "auto-pagination": "disabled",
      "pagination-token": page,
    });
  }

  /**
   * Ends the gateway in order, which writes its snapshot, and starts it again.
   *
   * @returns milliseconds from the start of the process to the first answer to a read.
   */
  async restartGateway(read: PreparedRequest, options: { snapshot: boolean }): Promise<number> {
    if (this.#gateway === undefined) await endPid(this.processes().gateway);
    else await end(this.#gateway);
    if (!options.snapshot) removeSnapshots(layout(this.dataDir).gatewayData);
    const port = Number(new URL(this.url).port);
    const args = gatewayServeArguments(this.dataDir, port, this.#dev.vaultUrl).filter(
      (argument) => argument !== "--with-parent",
    );
    const log = openSync(layout(this.dataDir).log("gateway"), "a", 0o600);
    const started = performance.now();
    this.#gateway = spawn(
      "taskset",
      ["-c", String(serverCore), process.execPath, programs.gateway, ...args],
      {
        stdio: ["ignore", "ignore", log],
        // As `npm start` gives it.
        env: { ...process.env, NODE_COMPILE_CACHE: layout(this.dataDir).compileCache },
      },
    );
    await eventually(() => new Caller(this).askJson(read), 3);
    return performance.now() - started;
  }
}

export interface Credentials {
  accessId: string;
  accessKey: string;
}

function logInBody({ accessId, accessKey }: Credentials): object {
  return { "access-id": accessId, "access-key": accessKey };
}

function removeSnapshots(folder: string): void {
  const snapshots = readdirSync(folder).filter((file) => file.includes("snapshot"));
  if (snapshots.length === 0) throw new Error(`no snapshot in ${folder}`);
  for (const file of snapshots) rmSync(join(folder, file));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

async function endPid(pid: number): Promise<void> {
  process.kill(pid, "SIGTERM");
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
