/**
 * Bounds how many failures are answered: `capacity` at once, then one every `refillMs`. It only ever counts
 * failures, so that a flood of wrong codes keeps nobody with a right one out.
 */
export class FailureBucket {
  readonly #capacity: number;
  readonly #refillMs: number;
  readonly #now: () => number;
  #left: number;
  #filledAt: number;

  /** @param options.now A monotonic clock, in milliseconds. */
  constructor(options: { capacity: number; refillMs: number; now: () => number }) {
    this.#capacity = options.capacity;
    this.#refillMs = options.refillMs;
    this.#now = options.now;
    this.#left = options.capacity;
    this.#filledAt = options.now();
  }

  /** @returns 0 when the failure may be answered, else the seconds until one may be. */
  take(): number {
    const now = this.#now();
    const refills = Math.floor((now - this.#filledAt) / this.#refillMs);
    this.#left = Math.min(this.#capacity, this.#left + refills);
    this.#filledAt += refills * this.#refillMs;
    if (this.#left === 0) return Math.ceil((this.#filledAt + this.#refillMs - now) / 1000);
    this.#left -= 1;
    return 0;
  }
}
