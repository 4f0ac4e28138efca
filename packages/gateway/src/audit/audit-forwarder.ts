import { readFile } from "node:fs/promises";
import { type Log, writeFileDurably } from "@halfkey/runtime";
import { Pause } from "../pause.ts";
import type { Audit } from "./audit.ts";
import type { ForwardTarget } from "./forward-target.ts";
import { type AuditPosition, searchAudit } from "./search-audit.ts";

export interface AuditForwarderParts {
  audit: Audit;
  target: ForwardTarget;
  /** Remembers how far it has come. */
  file: string;
  /** What log lines call the target: no credentials. */
  name: string;
  log: Log;
}

const batchMax = 256;
const growthMs = 30_000;
const retryMs = { least: 500, most: 60_000 };
/** Before the first entry of the first log. */
const beginning: AuditPosition = { k: 0, index: 0 };

/**
 * Sends every entry of the audit log on, in order. The log on the disk is the queue: a target that is away for days gets
 * all of it afterwards, at any length of which one batch is in memory, and no request ever waits. After a crash the last
 * batch is sent again.
 */
export class AuditForwarder {
  readonly #parts: AuditForwarderParts;
  #place: AuditPosition = beginning;
  #isStopped = false;
  readonly #pause = new Pause();
  #running: Promise<void> | undefined;

  constructor(parts: AuditForwarderParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#pause.end();
    this.#parts.target.close();
    this.#parts.audit.current?.wakeAll();
    await this.#running;
  }

  /** Entries of the log that is being written which have not been sent yet. */
  get behind(): number {
    const { current } = this.#parts.audit;
    if (current === undefined) return 0;
    return current.size - (this.#place.k === current.k ? this.#place.index + 1 : 0);
  }

  async #run(): Promise<void> {
    this.#place = await readPlace(this.#parts.file);
    const { log, name, audit } = this.#parts;
    let failures = 0;
    while (!this.#isStopped) {
      const size = audit.current?.size;
      try {
        const sent = await this.#sendOn();
        if (failures > 0) log.info({ target: name, failures }, "audit log: entries are sent on again");
        failures = 0;
        // What was written meanwhile has woken nobody.
        if (!sent && !this.#isStopped && audit.current?.size === size) await audit.current?.growth(growthMs);
      } catch (error) {
        if (this.#isStopped) return;
        failures += 1;
        if (failures === 1)
          log.warn(
            { target: name, error: error as Error },
            "audit log: entries cannot be sent on; they wait",
          );
        await this.#pause.for(Math.min(retryMs.most, retryMs.least * 2 ** Math.min(failures, 10)));
      }
    }
  }

  /** @returns whether there may be more. */
  async #sendOn(): Promise<boolean> {
    const { audit, target, file } = this.#parts;
    const found = await searchAudit(audit.archive, { order: "oldest", limit: batchMax, after: this.#place });
    const last = found.entries.at(-1);
    if (last === undefined) return false;
    await target.send(found.entries);
    this.#place = { k: last.k, index: last.index };
    await writeFileDurably(file, `${JSON.stringify(this.#place)}\n`);
    return true;
  }
}

/** The beginning where nothing is remembered, or not legibly: rather twice than never. */
async function readPlace(file: string): Promise<AuditPosition> {
  try {
    const { k, index } = JSON.parse(await readFile(file, "utf8")) as AuditPosition;
    if (Number.isSafeInteger(k) && Number.isSafeInteger(index)) return { k, index };
  } catch {
    // Falls through.
  }
  return beginning;
}
