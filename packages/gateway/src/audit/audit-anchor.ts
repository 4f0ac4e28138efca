import { recordKinds, toBase64Url } from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import type { Log } from "@halfkey/runtime";
import { Deadline, requestBudgetMs } from "../deadline.ts";
import type { Keyring } from "../fragment/keyring.ts";
import type { Alarms } from "../state/alarms.ts";
import { instanceRecordPlan } from "../state/instance-record.ts";
import type { Replica } from "../state/replica.ts";
import type { Writer } from "../state/writer.ts";
import type { Audit } from "./audit.ts";

export interface AuditAnchorParts {
  audit: Audit;
  keyring: Keyring;
  replica: Replica;
  writer: Writer;
  alarms: Alarms;
  log: Log;
  /** Called when this process has announced itself. */
  onPut(): void;
}

const renewMs = 60 * 60 * 1000;
/** Not at the same minute every hour: the vault sees each renewal. */
const renewSpread = 0.2;
/** After a start under an alarm, or a failure. */
const againMs = 5000;

/**
 * Keeps this instance's record: who runs, since which boot, and how far its audit log reaches. What the journal
 * holds of the log, nobody can cut off or replace here without its showing.
 *
 * @see docs/cryptography.md, "Audit log"
 */
export class AuditAnchor {
  readonly #parts: AuditAnchorParts;
  readonly #boot: string;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #anchored: { k: number; size: number } | undefined;

  /** @param boot Fresh for this process, 16 random bytes. */
  constructor(parts: AuditAnchorParts, boot: Uint8Array) {
    this.#parts = parts;
    this.#boot = toBase64Url(boot);
  }

  /**
   * Opens the audit log and puts the record. While an alarm stands the record waits until it is over; the log is
   * written meanwhile.
   */
  async start(): Promise<void> {
    const { audit, alarms } = this.#parts;
    await audit.open(this.#known);
    if (!alarms.frozen) await this.#put();
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** What the account's record says, if that is known. */
  get #known() {
    const { replica, keyring } = this.#parts;
    return replica.index.instance(keyring.instance);
  }

  async #put(): Promise<void> {
    const { audit, keyring, replica, writer } = this.#parts;
    const isFirst = this.#anchored === undefined;
    // Under an alarm the record may have been unknown when the log was opened.
    const id = keyring.recordId(recordKinds.instance, keyring.instance);
    if (isFirst && replica.poisonedCode(toBase64Url(id)) !== undefined)
      throw new OperatorError("E_STATE", "this instance's record is not known");
    const auditLog = isFirst ? await audit.open(this.#known) : audit.current;
    if (auditLog === undefined) throw new RangeError("no audit log is open");
    const { size, root } = await auditLog.checkpoint();
    const anchor = { boot: this.#boot, k: auditLog.k, size, root: toBase64Url(root) };
    await writer.submit(instanceRecordPlan(keyring, anchor), Deadline.in(requestBudgetMs));
    this.#anchored = { k: auditLog.k, size };
    this.#parts.onPut();
  }

  #schedule(failed = false): void {
    if (this.#stopped) return;
    const spread = 1 + renewSpread * (2 * Math.random() - 1);
    const wait = this.#anchored === undefined || failed ? againMs : renewMs * spread;
    this.#timer = setTimeout(() => void this.#renew(), wait);
    this.#timer.unref();
  }

  async #renew(): Promise<void> {
    const { audit, alarms, log } = this.#parts;
    const { current } = audit;
    const grew =
      current !== undefined && (current.k !== this.#anchored?.k || current.size !== this.#anchored.size);
    let failed = false;
    try {
      if (grew && !alarms.frozen) await this.#put();
    } catch (error) {
      failed = true;
      log.warn(
        { error: error as Error },
        "audit log: its size could not be anchored in the journal; trying again",
      );
    }
    this.#schedule(failed || (grew && alarms.frozen));
  }
}
