import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type FragmentPayload, fromBase64Url, randomBytes } from "@halfkey/crypto";
import { type Caller, HalfkeyError, type ItemPath, parseItemPath } from "@halfkey/model";
import type { Log } from "@halfkey/runtime";
import { type Half, startHalf } from "../../dev/half.ts";
import { programs, vaultServeArguments } from "../../dev/layout.ts";
import { init } from "../../packages/gateway/src/commands/init.ts";
import { Deadline } from "../../packages/gateway/src/deadline.ts";
import { fragmentFileIn } from "../../packages/gateway/src/fragment/fragment-file.ts";
import { FragmentStore } from "../../packages/gateway/src/fragment/fragment-store.ts";
import { unsealKeyFrom } from "../../packages/gateway/src/fragment/unseal.ts";
import { Gateway } from "../../packages/gateway/src/gateway.ts";
import { createItem } from "../../packages/gateway/src/items/create-item.ts";
import { deleteItem } from "../../packages/gateway/src/items/trash.ts";
import { updateValue } from "../../packages/gateway/src/items/update-value.ts";
import type { WritePlan } from "../../packages/gateway/src/state/pending-write.ts";
import { freePorts } from "./free-ports.ts";
import { LyingVault } from "./lying-vault.ts";
import { runCommand } from "./run-command.ts";

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * A real vault in a process of its own, a liar before it, and a real gateway in this process, so that a test can
 * both play the vault's operator and look at what the gateway makes of it.
 */
export class Scenario {
  readonly folder = mkdtempSync(join(tmpdir(), "halfkey-scenario-"));
  vault!: LyingVault;
  gateway!: Gateway;
  /** As it was at the beginning. */
  payload!: FragmentPayload;
  caller!: Caller;
  cloned = false;
  #half: Half | undefined;
  #port = 0;
  readonly #keyFile = join(this.folder, "unseal.key");

  static async start(): Promise<Scenario> {
    const scenario = new Scenario();
    try {
      await scenario.#begin();
      return scenario;
    } catch (error) {
      await scenario.stop();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    this.#port = await freePorts(1);
    await this.startVault();
    this.vault = await LyingVault.before(`http://127.0.0.1:${this.#port}`);
    writeFileSync(this.#keyFile, randomBytes(32), { mode: 0o600 });
    const enrolment = await runCommand(process.execPath, [
      programs.vault,
      ...["enrol-code", "--new-account", "--data", join(this.folder, "vault"), "--json"],
    ]);
    await init({
      data: this.gatewayFolder,
      vault: this.vault.url,
      keyFile: this.#keyFile,
      readCode: async () => (JSON.parse(enrolment) as { code: string }).code,
      grantAll: true,
      credentials: join(this.folder, "admin.json"),
      log: silent,
    });
    this.payload = (await this.openFragment()).payload;
    this.vault.vaultKey = fromBase64Url(this.payload.instance.key, 32);
    this.gateway = await this.openGateway();
    await this.gateway.start();
    const [method] = [...this.gateway.services.replica.index.methods()];
    this.caller = { accessId: method?.accessId ?? "", tokenId: "", claims: {} };
  }

  get gatewayFolder(): string {
    return join(this.folder, "gateway");
  }

  /** Of the scenario's caller. */
  get credentials(): { accessId: string; accessKey: string } {
    return JSON.parse(readFileSync(join(this.folder, "admin.json"), "utf8"));
  }

  openFragment(folder = this.gatewayFolder): Promise<FragmentStore> {
    return FragmentStore.open(fragmentFileIn(folder), unsealKeyFrom({ keyFile: this.#keyFile }));
  }

  async openGateway(folder = this.gatewayFolder): Promise<Gateway> {
    return Gateway.open({
      folder,
      fragment: await this.openFragment(folder),
      ca: undefined,
      log: silent,
      onClone: () => {
        this.cloned = true;
      },
    });
  }

  /** Ends the gateway and opens it again on what it left behind. */
  async restartGateway(between: () => void = () => {}): Promise<void> {
    await this.gateway.stop();
    between();
    this.gateway = await this.openGateway();
    await this.gateway.start();
  }

  async startVault(): Promise<void> {
    this.#half = startHalf(
      "vault",
      vaultServeArguments(this.folder, this.#port, false),
      join(this.folder, "vault.log"),
    );
    await this.#half.ready();
  }

  async stopVault(): Promise<void> {
    await this.#half?.stop();
  }

  /** Keeps what the vault's disk holds now; the vault is stopped for it and started again. */
  async copyVault(name: string): Promise<void> {
    await this.stopVault();
    cpSync(join(this.folder, "vault"), join(this.folder, name), { recursive: true });
    await this.startVault();
  }

  /** Sets the vault back (or forth) to a copy. */
  async restoreVault(name: string): Promise<void> {
    await this.stopVault();
    rmSync(join(this.folder, "vault"), { recursive: true });
    cpSync(join(this.folder, name), join(this.folder, "vault"), { recursive: true });
    await this.startVault();
  }

  create(path: string, value: string): Promise<{ version: number }> {
    const { writeParts } = this.gateway.services;
    const input = {
      value: Buffer.from(value),
      subType: "generic",
      format: "text",
      description: "",
      tags: [],
    } as const;
    return this.run(() => createItem(writeParts, this.caller, pathOf(path), { ...input, tags: [] }));
  }

  update(path: string, value: string): Promise<{ version: number }> {
    const { writeParts } = this.gateway.services;
    return this.run(() =>
      updateValue(writeParts, this.caller, pathOf(path), {
        valueFor: () => Buffer.from(value),
        keepPrevious: true,
      }),
    );
  }

  remove(path: string): Promise<{ itemId: number }> {
    return this.run(() => deleteItem(this.gateway.services.writeParts, this.caller, pathOf(path)));
  }

  run<R>(plan: () => WritePlan<R>, milliseconds = 5000): Promise<R> {
    return this.gateway.services.writes.run(plan, Deadline.in(milliseconds));
  }

  async read(path: string, version = 0): Promise<string> {
    const { value } = await this.gateway.services.reader.readValue(
      this.caller,
      pathOf(path),
      version,
      Deadline.in(5000),
    );
    return value.toString();
  }

  get alarm(): string | undefined {
    return this.gateway.status.alarm?.code;
  }

  async stop(): Promise<void> {
    await this.gateway?.stop().catch(() => {});
    await this.vault?.close();
    await this.stopVault();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function pathOf(text: string): ItemPath {
  return parseItemPath(text);
}

/** The code a promise is refused with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    return error instanceof HalfkeyError ? error.code : `no code: ${(error as Error).stack}`;
  }
}

export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  milliseconds = 20_000,
): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`did not come true: ${what}`);
    await sleep(25);
  }
}
