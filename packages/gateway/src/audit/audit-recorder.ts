import { OperatorError } from "@halfkey/model";
import type { Log } from "@halfkey/runtime";
import type { AuditLog } from "./audit-log.ts";
import { DenialLimits } from "./denial-limits.ts";
import { type AuditFact, entryText } from "./entry-text.ts";
import { FailureCounts } from "./failure-counts.ts";

const summaryEveryMs = 60_000;
const tokensInSummaryMax = 1000;

/**
 * Writes what happened into the audit log, and counts what would only fill it. Everything that gives something
 * out or changes something waits for its entry.
 */
export class AuditRecorder {
  readonly #log: Log;
  readonly #failures = new FailureCounts();
  #denials = new DenialLimits();
  #auditLog: AuditLog | undefined;
  #timer: NodeJS.Timeout | undefined;
  #countedSince = Date.now();

  constructor(log: Log) {
    this.#log = log;
  }

  /** From now on entries go to this log. */
  use(auditLog: AuditLog): void {
    this.#auditLog = auditLog;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.writeSummaries(), summaryEveryMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#auditLog !== undefined) await this.writeSummaries();
  }

  /** @throws {OperatorError} `E_AUDIT` when entries cannot be written: before work that could not be answered. */
  assertWritable(): void {
    this.#current.assertWritable();
  }

  /** Resolves when all entries are written; in order, side by side. @throws {OperatorError} `E_AUDIT` */
  record(facts: readonly AuditFact[]): Promise<void> {
    const time = Date.now();
    return this.#current.append(
      facts.map((fact) => entryText(time, fact)),
      time,
    );
  }

  /** A refusal of an authenticated caller: an entry, or beyond the limit of its token only a count. */
  async recordDenial(tokenId: string, fact: AuditFact): Promise<void> {
    if (this.#denials.admit(tokenId, fact.who)) await this.record([fact]);
  }

  /** A request that failed before anybody was authenticated. @param what A code, or `login`. */
  countFailure(what: string, address: string): void {
    this.#failures.count(what, address);
  }

  /** One entry for all that was only counted. What cannot be written is kept for the next time. */
  async writeSummaries(): Promise<void> {
    const since = this.#countedSince;
    this.#countedSince = Date.now();
    const span = { from: since, to: this.#countedSince };
    const denials = this.#denials.take();
    const facts: AuditFact[] = [];
    if (denials.tokens.length > 0 || denials.others > 0) {
      const kept = denials.tokens.slice(0, tokensInSummaryMax);
      const rest = denials.tokens
        .slice(tokensInSummaryMax)
        .reduce((sum, { suppressed }) => sum + suppressed, 0);
      const more = { ...span, tokens: kept, others: denials.others + rest };
      facts.push({ who: "", op: "denials", ok: false, more });
    }
    const failures = this.#failures.isEmpty ? undefined : this.#failures.take();
    if (failures !== undefined)
      facts.push({ who: "", op: "failures", ok: false, more: { ...span, ...failures } });
    if (facts.length === 0) return;
    try {
      await this.record(facts);
    } catch (error) {
      if (failures !== undefined) this.#failures.restore(failures);
      this.#countedSince = since;
      this.#log.warn({ error: error as Error }, "the audit log's summary waits for the next minute");
    }
  }

  get #current(): AuditLog {
    if (this.#auditLog === undefined) throw new OperatorError("E_AUDIT", "the audit log is not open yet");
    return this.#auditLog;
  }
}
