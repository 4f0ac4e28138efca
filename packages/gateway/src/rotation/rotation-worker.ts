import { recordKinds, toBase64Url } from "@halfkey/crypto";
import { CallerError, HalfkeyError, OperatorError, type SettingsRecord } from "@halfkey/model";
import type { Log } from "@halfkey/runtime";
import { Deadline } from "../deadline.ts";
import { Pause } from "../pause.ts";
import type { Alarms } from "../state/alarms.ts";
import { epochsOf } from "../state/epoch-pair.ts";
import type { WritePlan } from "../state/pending-write.ts";
import type { Writes } from "../state/writes.ts";
import { type RewrapParts, rewrapRecords } from "./rewrap-records.ts";
import { type Survey, surveyEpochs, versionsOf } from "./survey-epochs.ts";

export interface WorkerParts extends RewrapParts {
  writes: Writes;
  alarms: Alarms;
  log: Log;
}

/** Of one journal entry: as much of others' work as may have to wait for it. */
const most = { records: 16, versions: 128, bytes: 512 * 1024 };
const entryMs = 10_000;
/** How soon an epoch that another instance has begun is noticed, and an instance that is waited for is looked for. */
const idleMs = 2000;
const retryMs = 1000;

/**
 * Brings every record to the settings' pair of epochs, in the background. What is left follows from the index alone,
 * so that it may be killed at any point and goes on wherever it finds itself.
 */
export class RotationWorker {
  readonly #parts: WorkerParts;
  /** Records whose broken versions were tried. */
  readonly #retried = new Set<string>();
  #left = 0;
  #stopped = false;
  #hasLooked = false;
  #hurry = false;
  #error: string | undefined;
  readonly #pause = new Pause();

  constructor(parts: WorkerParts) {
    this.#parts = parts;
  }

  /** Records that are not under the current pair, as of the last look. */
  get left(): number {
    return this.#left;
  }

  /** Why it does not get on, if so. */
  get error(): string | undefined {
    return this.#error;
  }

  survey(): Survey {
    const { replica, keyring } = this.#parts;
    return surveyEpochs(replica.index, epochsOf(replica.settings), {
      instance: keyring.instance,
      retried: this.#retried,
    });
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      let failed = false;
      try {
        if (this.#hasWork) await this.#pass();
        this.#error = undefined;
      } catch (error) {
        failed = true;
        this.#note(error);
      }
      if (!this.#stopped) await this.#pause.for(failed ? retryMs : idleMs);
    }
  }

  /** @param hurry Without pauses for others' work. */
  begin(hurry: boolean): void {
    this.#hurry = hurry;
    this.#retried.clear();
    this.#pause.end();
  }

  stop(): void {
    this.#stopped = true;
    this.#pause.end();
  }

  get #hasWork(): boolean {
    const { replica, alarms } = this.#parts;
    const { rotation } = replica.settings;
    if (rotation === undefined || alarms.frozen) return false;
    // After completion one look: what did not open may have been the vault's fault, and open now.
    return rotation.completed === undefined || !this.#hasLooked;
  }

  async #pass(): Promise<void> {
    const { replica } = this.#parts;
    const { left, stale, waitingFor } = this.survey();
    this.#left = stale;
    for (let at = 0; at < left.length && !this.#stopped && this.#hasWork; ) {
      const began = performance.now();
      const batch = this.#batchFrom(left, at);
      await this.#parts.writes.run(() => rewrapRecords(this.#parts, batch), Deadline.in(entryMs));
      for (const id of batch) this.#retried.add(id);
      at += batch.length;
      this.#left = Math.max(0, this.#left - batch.length);
      // Half of the time belongs to everybody else.
      if (!this.#hurry && !this.#stopped) await this.#pause.for(performance.now() - began);
    }
    if (left.length > 0) return this.#stopped || !this.#hasWork ? undefined : this.#pass();
    this.#hasLooked = true;
    if (stale === 0 && waitingFor.length === 0 && replica.poisonedCount === 0) await this.#complete();
  }

  #batchFrom(left: readonly string[], from: number): string[] {
    const batch: string[] = [];
    let versions = 0;
    let bytes = 0;
    for (let at = from; at < left.length && batch.length < most.records; at += 1) {
      const id = left[at] as string;
      const content = this.#parts.replica.index.byId(id);
      versions += content === undefined ? 0 : versionsOf(content).length;
      bytes += content === undefined ? 0 : JSON.stringify(content).length;
      if (batch.length > 0 && (versions > most.versions || bytes > most.bytes)) break;
      batch.push(id);
    }
    return batch;
  }

  /** Says in the journal that nothing names an older epoch any more. */
  async #complete(): Promise<void> {
    const { keyring, log } = this.#parts;
    const plan = (): WritePlan<boolean> => ({
      claims: [toBase64Url(keyring.recordId(recordKinds.settings, ""))],
      async prepare() {},
      build: (view) => {
        const settings = view.get<SettingsRecord>(recordKinds.settings, "");
        const { stale } = this.survey();
        if (settings?.rotation === undefined || settings.rotation.completed !== undefined || stale > 0)
          return { result: false };
        view.put({ ...settings, rotation: { ...settings.rotation, completed: Date.now() } });
        return { result: true };
      },
    });
    const isDone = await this.#parts.writes.run(plan, Deadline.in(entryMs));
    const { epoch, vaultEpoch } = this.#parts.replica.settings;
    if (isDone) log.info({ epoch, vaultEpoch }, "rotation: everything is under the current epochs");
  }

  #note(error: unknown): void {
    const { log } = this.#parts;
    const text = error instanceof HalfkeyError ? `${error.message} [${error.code}]` : "a defect, see the log";
    if (this.#error !== text && !this.#stopped) {
      const isExpected = error instanceof OperatorError || error instanceof CallerError;
      log[isExpected ? "warn" : "error"]({ error: error as Error }, "rotation: cannot go on yet");
    }
    this.#error = text;
  }
}
