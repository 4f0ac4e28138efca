import type { FragmentPayload } from "@halfkey/crypto";
import { sheetsIn } from "../recovery/make-shares.ts";
import { readShareRecord } from "../recovery/share-record.ts";
import { readBackupRecord } from "./backup-record.ts";

/** What would be lost with this disk, and what is missing so that nothing would. */
export interface RecoveryState {
  /** One sentence for each thing that an operator still has to do. */
  warnings: string[];
  /** When the last backup that counts was complete, milliseconds since 1970. */
  lastBackup: number | undefined;
  sharesChecked: boolean;
}

const refreshMs = 5000;

/**
 * Keeps an eye on shares and backups, which other processes make and check too. Backups to a former set of shares do
 * not count.
 */
export class RecoveryStatus {
  readonly #folder: string;
  readonly #payload: () => FragmentPayload;
  /** Older than this, a backup is overdue; absent: none is scheduled. */
  readonly #overdueMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #current: RecoveryState = { warnings: [], lastBackup: undefined, sharesChecked: false };

  constructor(folder: string, payload: () => FragmentPayload, overdueMs: number | undefined) {
    this.#folder = folder;
    this.#payload = payload;
    this.#overdueMs = overdueMs;
  }

  get current(): RecoveryState {
    return this.#current;
  }

  async start(): Promise<void> {
    await this.refresh();
    this.#timer = setInterval(() => void this.refresh(), refreshMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async refresh(): Promise<void> {
    const { recovery } = this.#payload();
    const record = await readShareRecord(this.#folder).catch(() => undefined);
    const isOwn = record !== undefined && record.recipient === recovery;
    const sharesChecked = isOwn && record.checked !== undefined;
    const counting = (await readBackupRecord(this.#folder)).filter(({ recipient }) => recipient === recovery);
    const times = counting.map(({ time }) => Date.parse(time));
    const lastBackup = times.length === 0 ? undefined : Math.max(...times);
    const warnings: string[] = [];
    if (recovery === undefined) warnings.push("there are no paper shares: run `halfkey-gateway shares make`");
    else if (!sharesChecked)
      warnings.push("the paper shares were never checked: run `halfkey-gateway shares check`");
    if (isOwn && (await sheetsIn(record.folder).catch(() => [])).length > 0)
      warnings.push("share sheets lie on this machine: print them, then delete the files");
    if (lastBackup === undefined)
      warnings.push("there is no backup yet: set backup-to, or run `halfkey-gateway backup now`");
    else if (this.#overdueMs !== undefined && Date.now() - lastBackup > this.#overdueMs)
      warnings.push(`the last backup is ${Math.round((Date.now() - lastBackup) / 3_600_000)} hours old`);
    this.#current = { warnings, lastBackup, sharesChecked };
  }
}
