import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Half } from "../../dev/half.ts";
import { AkeylessError } from "../support/akeyless-client.ts";
import { CountedWrites } from "../support/counted-writes.ts";
import { freePorts } from "../support/free-ports.ts";
import { type GatewayOptions, Halves, type RunningGateway } from "../support/halves.ts";
import { until } from "../support/processes.ts";
import { type FaultCase, stepsOf } from "./fault-case.ts";
import { FaultControl, type StepClass } from "./fault-control.ts";
import { checkBothHalves } from "./invariants.ts";
import { kept } from "./prepared-halves.ts";
import { seededRandom } from "./seeded-random.ts";

const writesOfCase = 6;
/** The promise is 2 s towards the vault; the rest is for this machine. */
const readMs = 3500;
/** How long a start may be kept up by a fault, and how long a process is suspended: longer than any caller waits. */
const patienceMs = 2500;

export interface CaseResult {
  /** Steps that the faulted half took, by class. */
  counts: Record<StepClass, number>;
  /** What it befell, such as `fdatasync journal`; empty if it never came to that step. */
  what: string;
  /** How the half took it. */
  outcome: "not met" | "killed" | "went on" | "refused to start";
  acknowledged: number;
}

/**
 * Runs one case on a copy of both halves' data and checks every invariant afterwards.
 *
 * @throws {AssertionError} naming the invariant that does not hold, the step, and the half's last words.
 */
export async function runCase(made: Halves, fault: FaultCase): Promise<CaseResult> {
  const run = new Run(made, fault);
  try {
    return await run.run();
  } catch (error) {
    if (error instanceof Error) error.message += run.lastWords;
    throw error;
  } finally {
    await run.end();
  }
}

class Run {
  readonly #fault: FaultCase;
  readonly #halves: Halves;
  readonly #control = new FaultControl();
  #vaultPort = 0;
  #gatewayOptions: GatewayOptions = {};
  /** The one that meets the fault. */
  #half!: Half;
  /** How it ended, once it has. */
  #ended = "";
  #gateway: RunningGateway | undefined;
  #writes: CountedWrites | undefined;
  #isOver = false;

  constructor(made: Halves, fault: FaultCase) {
    this.#halves = new Halves(made);
    this.#fault = fault;
  }

  async run(): Promise<CaseResult> {
    const control = this.#control;
    const { kind, error, lasts, at, seed } = this.#fault;
    const lasting = lasts === "once" ? 1 : 2 ** 31;
    control.arm({ kind, at, seed, lasting, ...(error === undefined ? {} : { error }) }, stepsOf(this.#fault));
    const gateway = await this.#begin();
    if (kind === "stop") void this.#wakeOnceStopped();
    await this.#untilReady(gateway);
    if (this.#ended === "") await this.#work();
    if (this.#ended === "") await this.#half.stop();
    await this.#half.ended;
    this.#checkEnd();
    control.lift();
    const { counts, what } = control;
    const refused = this.#gateway === undefined ? "refused to start" : "went on";
    const outcome = what === "" ? "not met" : this.#ended.startsWith("signal") ? "killed" : refused;
    await this.#startAgain(gateway);
    const acknowledged = await this.#check();
    return { counts, what, outcome, acknowledged };
  }

  /** Starts both; the gateway waits for the vault by itself. */
  async #begin(): Promise<Half> {
    const { half } = this.#fault;
    this.#vaultPort = await freePorts(2);
    this.#halves.vaultUrl = `http://127.0.0.1:${this.#vaultPort}`;
    this.#gatewayOptions = { port: this.#vaultPort + 1, vaultUrl: this.#halves.vaultUrl };
    const data = half === "vault" ? this.#halves.vaultData : this.#halves.gatewayData();
    const faulted = { environment: this.#control.environment(data) };
    const vault = this.#halves.beginVault({ tls: false, ...(half === "vault" ? faulted : {}) });
    if (half === "gateway") await vault.ready();
    const gateway = this.#halves.beginGateway({
      ...this.#gatewayOptions,
      ...(half === "gateway" ? faulted : {}),
    });
    this.#half = half === "vault" ? vault : gateway;
    void this.#half.ended.then((how) => {
      this.#ended = how;
    });
    return gateway;
  }

  /** Until the gateway is ready or the faulted half has ended. A fault that keeps them from it for long is lifted. */
  async #untilReady(gateway: Half): Promise<void> {
    const ready = this.#halves.readyGateway(gateway, this.#gatewayOptions).then((running) => {
      this.#gateway = running;
    });
    ready.catch(() => {}); // told by `ended`
    const settled = () => this.#gateway !== undefined || this.#ended !== "";
    let metAt = Number.POSITIVE_INFINITY;
    await until(
      "the gateway is ready",
      () => {
        if (this.#control.hits > 0) metAt = Math.min(metAt, performance.now());
        if (performance.now() - metAt > patienceMs) this.#control.lift();
        return settled();
      },
      30_000,
    );
  }

  async #work(): Promise<void> {
    const { client } = this.#gateway as RunningGateway;
    this.#writes = new CountedWrites(client, "/counted", seededRandom(this.#fault.seed));
    const writes = this.#writes;
    await writes.write(writesOfCase);
    await this.#read();
    await writes.write(2);
    // A fault for good that was not met yet is met by the stop.
    if (this.#fault.lasts === "once" || this.#control.hits === 0) return;
    this.#control.lift();
    const before = writes.acknowledged;
    await until("a write is acknowledged once the fault is over, without a restart", async () => {
      if (this.#ended !== "") return true;
      await writes.write(1);
      return writes.acknowledged > before;
    });
  }

  /** A read gives the value, or is refused with a code, in time. */
  async #read(): Promise<void> {
    const began = performance.now();
    const read = await this.#valueOf(kept.name).catch((error) => error);
    const tookMs = performance.now() - began;
    if (typeof read === "string") assert.equal(read, kept.value);
    else if (read instanceof AkeylessError) assert(read.status === 503 && read.code !== "", read.message);
    // The gateway itself was cut off in the middle of its answer.
    else assert(this.#fault.half === "gateway" && this.#control.hits > 0, String(read));
    const isSuspended = this.#fault.kind === "stop" && this.#fault.half === "gateway";
    if (!isSuspended) assert(tookMs < readMs, `a read was answered after ${Math.round(tookMs)} ms`);
  }

  async #valueOf(name: string): Promise<unknown> {
    return (await this.#gateway?.client.call("get-secret-value", { names: [name] }))?.[name];
  }

  async #wakeOnceStopped(): Promise<void> {
    while (!this.#isOver && this.#control.hits === 0) await sleep(20);
    await sleep(patienceMs);
    if (!this.#isOver && this.#ended === "") process.kill(this.#half.pid, "SIGCONT");
  }

  /** A half that ended by itself did so in order; if it could not start, it says why, and does not call that a defect. */
  #checkEnd(): void {
    if (this.#ended === "signal SIGKILL" && !/kill|tear|lose|reorder/.test(this.#fault.kind))
      assert.fail("it hung and had to be killed");
    if (this.#ended.startsWith("signal")) return;
    assert.match(this.#ended, /^exit code [012]$/);
    if (this.#gateway !== undefined) return;
    const said = this.#half.lastLines();
    assert.match(said, /halfkey-(vault|gateway): /, "it says why it does not start");
    assert.doesNotMatch(said, /this is a defect|E_INTERNAL|TypeError/, "a fault of the machine is no defect");
    assert.match(said, /\[E_[A-Z]+\]|next: /, "it tells a code, or what to do");
  }

  async #startAgain(gateway: Half): Promise<void> {
    if (this.#fault.half === "vault") {
      await this.#halves.startVault({ tls: false });
      this.#gateway ??= await this.#halves.readyGateway(gateway, this.#gatewayOptions);
      return;
    }
    this.#gateway?.client.close();
    this.#gateway = await this.#halves.startGateway(this.#gatewayOptions);
    this.#writes?.goOnWith(this.#gateway.client);
  }

  /** All invariants, now that no fault stands. */
  async #check(): Promise<number> {
    const gateway = this.#gateway as RunningGateway;
    await until("reads work again", async () => {
      const read = await this.#valueOf(kept.name).catch((error) => error);
      if (read instanceof AkeylessError && read.status === 503) return false;
      assert.equal(read, kept.value);
      return true;
    });
    const writes = this.#writes ?? new CountedWrites(gateway.client, "/counted");
    await writes.write(2);
    const { acknowledged } = await writes.check();
    assert(acknowledged >= 2, "writing goes on");
    assert.equal(await checkBothHalves(this.#halves, gateway), 1, "the number of the audit log");
    return acknowledged;
  }

  get lastWords(): string {
    const { what } = this.#control;
    return `\n  at: ${what}\n  ended: ${this.#ended}\n  data: ${this.#halves.folder}\n${this.#half?.lastLines()}`;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    this.#control.lift();
    if (this.#ended === "") process.kill(this.#half.pid, "SIGCONT");
    this.#gateway?.client.close();
    // What a failure leaves behind is looked at.
    if (process.env.HALFKEY_FAULTS_KEEP === "1") await this.#halves.stopAll();
    else await this.#halves.stop();
    this.#control.close();
  }
}
