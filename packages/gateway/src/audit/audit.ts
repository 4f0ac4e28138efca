import { join } from "node:path";
import { sha256, toHex } from "@halfkey/crypto";
import { HalfkeyError, OperatorError } from "@halfkey/model";
import type { Log } from "@halfkey/runtime";
import { AuditArchive } from "./audit-archive.ts";
import { AuditForwarder } from "./audit-forwarder.ts";
import type { AuditLog } from "./audit-log.ts";
import { AuditRecorder } from "./audit-recorder.ts";
import { type Anchor, type AuditFolderOptions, chooseLog, whyNotExtends } from "./choose-log.ts";
import { forwardTarget } from "./forward-target.ts";
import { pruneAudit } from "./prune-audit.ts";

const checkpointEveryMs = 60_000;
const pruneEveryMs = 6 * 60 * 60 * 1000;

/**
 * This gateway's audit: the log it writes on, its checkpoints every minute, its old segments' end. The log is
 * opened once the account's record of it is known, and changed for a new one if it turns out not to extend that.
 */
export class Audit {
  readonly recorder: AuditRecorder;
  readonly archive: AuditArchive;
  readonly #options: AuditFolderOptions;
  #auditLog: AuditLog | undefined;
  #timers: NodeJS.Timeout[] = [];
  #isEnding = false;
  readonly #forwarders: AuditForwarder[];

  /** @param forwardTo Where entries are sent on to, as URLs. @throws {OperatorError} `E_INPUT` for one that is none. */
  constructor(options: AuditFolderOptions, forwardTo: readonly string[] = []) {
    this.#options = options;
    this.#forwarders = forwardTo.map((url) => {
      const file = join(options.folder, `forward-${toHex(sha256(Buffer.from(url))).slice(0, 16)}.json`);
      return new AuditForwarder({
        audit: this,
        target: forwardTarget(url),
        file,
        name: url,
        log: options.log,
      });
    });
    this.recorder = new AuditRecorder(options.log);
    this.archive = new AuditArchive(options.folder, options.keysOf, () => this.#auditLog);
  }

  get folder(): string {
    return this.#options.folder;
  }

  get current(): AuditLog | undefined {
    return this.#auditLog;
  }

  /**
   * Opens a log that extends what the account knows, or begins a new one and says why in its first entry.
   *
   * @param anchor What this instance's record says; nothing if that is not known at the moment.
   */
  async open(anchor: Anchor | undefined): Promise<AuditLog> {
    try {
      return await this.#open(anchor);
    } catch (cause) {
      if (cause instanceof HalfkeyError) throw cause;
      const { code = "unknown" } = cause as NodeJS.ErrnoException;
      throw new OperatorError("E_AUDIT", `the audit log in ${this.folder} cannot be opened (${code})`, {
        cause,
      });
    }
  }

  async #open(anchor: Anchor | undefined): Promise<AuditLog> {
    const before = this.#auditLog;
    if (before !== undefined) {
      if ((await whyNotExtends(before, anchor)) === undefined) return before;
      await before.close();
    }
    const { log, because } = await chooseLog(this.#options, anchor);
    this.#auditLog = log;
    this.recorder.use(log);
    if (before === undefined) this.#startTimers();
    if (because !== undefined) {
      this.#log.error(
        { k: log.k, because },
        "audit log: began a new one; `halfkey audit verify` shows the old one",
      );
      await this.recorder.record([{ who: "", op: "log-begun", ok: true, more: { k: log.k, because } }]);
    }
    return log;
  }

  /** Entries that wait to be sent on, at the target that is furthest behind. */
  get behind(): number {
    return Math.max(0, ...this.#forwarders.map((forwarder) => forwarder.behind));
  }

  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Waiting readers are answered at once: the listener is about to close. */
  endWaits(): void {
    this.#isEnding = true;
    this.#auditLog?.wakeAll();
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.recorder.stop();
    await Promise.all(this.#forwarders.map((forwarder) => forwarder.stop()));
    await this.#auditLog?.close();
  }

  #startTimers(): void {
    this.recorder.start();
    for (const forwarder of this.#forwarders) forwarder.start();
    const checkpoint = async () => {
      try {
        await this.#auditLog?.checkpoint();
      } catch (error) {
        this.#log.warn({ error: error as Error }, "audit log: no checkpoint could be written");
      }
    };
    const prune = () => pruneAudit(this.archive, this.#log);
    this.#timers = [
      setInterval(() => void checkpoint(), checkpointEveryMs),
      setInterval(() => void prune(), pruneEveryMs),
    ];
    for (const timer of this.#timers) timer.unref();
    void prune();
  }

  get #log(): Log {
    return this.#options.log;
  }
}
