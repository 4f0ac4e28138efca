import type { Log } from "@halfkey/runtime";
import { readBackupRecord } from "./backup-record.ts";
import type { BackupSource } from "./bundle-lines.ts";
import { makeBackup } from "./make-backup.ts";
import type { RecoveryStatus } from "./recovery-status.ts";
import type { Retention } from "./retention.ts";
import type { BackupTarget } from "./targets.ts";

export interface BackupPlan {
  targets: readonly BackupTarget[];
  everyMs: number;
  /** How long after the last change of the account; 0: on schedule only. */
  onChangeMs: number;
  recipients: readonly string[];
  retention: Retention | undefined;
}

interface ScheduleParts {
  data: string;
  plan: BackupPlan;
  /** What there is to back up now. */
  source(): Promise<BackupSource>;
  /** Counts what happens to the account, this gateway's own notes of itself left out. */
  changes(): number;
  status: RecoveryStatus;
  log: Log;
}

interface Due {
  target: BackupTarget;
  /** Milliseconds since 1970; the past, where there is no backup at all. */
  next: number;
  /** {@link ScheduleParts.changes} that the last backup covers. */
  covered: number;
}

const tickMs = 1000;
/** After a failure: soon enough to catch a remote that was away, late enough not to fill its log. */
const retryMs = 10 * 60_000;

/** Backs up without anybody's help: nothing secret is needed for it, only public recipients. One at a time. */
export class BackupSchedule {
  readonly #parts: ScheduleParts;
  #due: Due[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #seen = 0;
  #seenAt = 0;
  failures = 0;

  constructor(parts: ScheduleParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { plan, data, changes } = this.#parts;
    const record = await readBackupRecord(data);
    this.#due = plan.targets.map((target) => {
      const last = record.find((one) => one.target === target.name);
      return {
        target,
        next: last === undefined ? 0 : Date.parse(last.time) + plan.everyMs,
        covered: changes(),
      };
    });
    this.#seen = changes();
    this.#timer = setInterval(() => this.#tick(), tickMs);
    this.#timer.unref();
  }

  /** No new one begins; one under way is waited for. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  #tick(): void {
    const { plan, changes } = this.#parts;
    const now = Date.now();
    if (changes() !== this.#seen) {
      this.#seen = changes();
      this.#seenAt = now;
    }
    const isQuiet = plan.onChangeMs > 0 && now - this.#seenAt >= plan.onChangeMs;
    const due = this.#due.find((one) => now >= one.next || (isQuiet && one.covered !== this.#seen));
    if (due === undefined || this.#running !== undefined) return;
    this.#running = this.#back(due).finally(() => {
      this.#running = undefined;
    });
  }

  async #back(due: Due): Promise<void> {
    const { plan, data, status, log } = this.#parts;
    const covers = this.#parts.changes();
    try {
      const source = await this.#parts.source();
      const { name, bytes, seconds, lost, expired } = await makeBackup(source, {
        data,
        target: due.target,
        recipients: plan.recipients,
        retention: plan.retention,
      });
      due.next = Date.now() + plan.everyMs;
      log.info({ name, bytes, seconds, lost, expired: expired.length }, "backup made and read back");
    } catch (error) {
      this.failures += 1;
      due.next = Date.now() + Math.min(retryMs, plan.everyMs);
      log.error({ error: error as Error, target: due.target.name }, "the backup failed");
    }
    // Of a failure too: the next attempt comes by time, not with every tick.
    due.covered = covers;
    await status.refresh();
  }
}
