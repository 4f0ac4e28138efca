import type { VaultStore } from "./store/vault-store.ts";

const tickMs = 1000;

/** One request that waits for entries. */
export interface Waiter {
  /** Resolves at the next change, at once if there was one since the last call, and after `ms` in any case. */
  changed(ms: number): Promise<void>;
  release(): void;
}

/**
 * Wakes long polls: at once after a commit of this process, within a second after one of another process on the
 * same database. A wake-up is a hint to look again; there may be nothing.
 */
export class JournalWaiters {
  readonly #store: VaultStore;
  readonly #waiting = new Map<string, Set<() => void>>();
  #mark: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  closed = false;

  constructor(store: VaultStore) {
    this.#store = store;
  }

  /** Register before reading, so that no change falls between the look and the wait. */
  async register(account: Buffer): Promise<Waiter> {
    let isChanged = false;
    let wake: (() => void) | undefined;
    const onChange = () => {
      isChanged = true;
      wake?.();
    };
    const name = account.toString("latin1");
    const ofAccount = this.#waiting.get(name) ?? new Set();
    this.#waiting.set(name, ofAccount.add(onChange));
    if (this.#timer === undefined) await this.#startTicking();
    return {
      async changed(ms) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
          if (isChanged) wake();
        });
        isChanged = false;
        wake = undefined;
      },
      release: () => {
        ofAccount.delete(onChange);
        if (ofAccount.size === 0 && this.#waiting.get(name) === ofAccount) this.#waiting.delete(name);
        if (this.#waiting.size === 0) this.#stopTicking();
      },
    };
  }

  /** After a commit of this process. */
  notify(account: Buffer): void {
    for (const onChange of this.#waiting.get(account.toString("latin1")) ?? []) onChange();
  }

  /** Ends every wait, present and future. */
  close(): void {
    this.closed = true;
    this.#wakeAll();
    this.#stopTicking();
  }

  async #startTicking(): Promise<void> {
    this.#timer = setInterval(() => void this.#tick(), tickMs);
    this.#timer.unref();
    this.#mark = await this.#store.changeMark().catch(() => undefined);
  }

  async #tick(): Promise<void> {
    // A database that fails is told to those who ask it next.
    const mark = await this.#store.changeMark().catch(() => undefined);
    if (mark === this.#mark) return;
    this.#mark = mark;
    this.#wakeAll();
  }

  #stopTicking(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #wakeAll(): void {
    for (const ofAccount of this.#waiting.values()) for (const onChange of ofAccount) onChange();
  }
}
