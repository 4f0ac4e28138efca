import type { TokenBucket } from "./token-bucket.ts";

/** Why somebody is to be nudged. */
export interface Wish {
  /** Of the newest change that it is about. */
  seq: number;
  /** When that was committed here, in `performance.now()` milliseconds. */
  since: number;
  /** It was a change of what is read, not only a hope that reading succeeds now. */
  changed: boolean;
}

export type Outcome = "sent" | "spared" | "gone";

export interface QueueParts {
  bucket: TokenBucket;
  /** Rejects if it may succeed later. */
  send(reader: string, wish: Wish): Promise<Outcome>;
  settled(outcome: Outcome | "failed", wish: Wish, error?: unknown): void;
}

const inFlightMax = 10;
const triesMax = 6;
const retryMs = { least: 500, most: 10_000 };

interface Waiting {
  wish: Wish;
  dueAt: number;
  tries: number;
}

/** Nudges that wait: at most one a reader, sent at a bounded rate, tried again some times if they fail. */
export class NudgeQueue {
  readonly #parts: QueueParts;
  readonly #waiting = new Map<string, Waiting>();
  #inFlight = 0;
  #pumping = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  get length(): number {
    return this.#waiting.size;
  }

  /** @param delayMs Before this it is not sent; if it waits already, whichever is sooner counts. */
  add(reader: string, wish: Wish, delayMs = 0): void {
    if (this.#stopped) return;
    this.#put(reader, { wish, dueAt: performance.now() + delayMs, tries: 0 });
    if (this.#pumping) return;
    this.#pumping = true;
    // Later, so that the changes of one entry become one nudge.
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  remove(reader: string): void {
    this.#waiting.delete(reader);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #put(reader: string, added: Waiting): void {
    const before = this.#waiting.get(reader);
    if (before === undefined) {
      this.#waiting.set(reader, added);
      return;
    }
    before.wish = {
      seq: Math.max(before.wish.seq, added.wish.seq),
      since: Math.min(before.wish.since, added.wish.since),
      changed: before.wish.changed || added.wish.changed,
    };
    before.dueAt = Math.min(before.dueAt, added.dueAt);
    before.tries = Math.min(before.tries, added.tries);
  }

  #pump(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const [reader, one] of this.#waiting) {
      if (this.#inFlight >= inFlightMax) return; // whoever ends pumps again
      if (one.dueAt > now) next = Math.min(next, one.dueAt - now);
      else if (this.#parts.bucket.take()) {
        this.#waiting.delete(reader);
        void this.#send(reader, one);
      } else {
        next = Math.min(next, this.#parts.bucket.waitMs);
        break;
      }
    }
    if (next === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#pump(), Math.ceil(next));
    this.#timer.unref();
  }

  async #send(reader: string, one: Waiting): Promise<void> {
    const { send, settled } = this.#parts;
    this.#inFlight += 1;
    try {
      settled(await send(reader, one.wish), one.wish);
    } catch (error) {
      const tries = one.tries + 1;
      settled("failed", one.wish, error);
      const wait = Math.min(retryMs.most, retryMs.least * 2 ** (tries - 1)) * (0.5 + Math.random() / 2);
      if (tries < triesMax && !this.#stopped)
        this.#put(reader, { wish: one.wish, dueAt: performance.now() + wait, tries });
    } finally {
      this.#inFlight -= 1;
      this.#pump();
    }
  }
}
