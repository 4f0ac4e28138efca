import { OperatorError } from "@halfkey/model";

/** How long one request may wait for the vault, all retries together: ESO has one worker, and waits 30 s. */
export const requestBudgetMs = 2000;

/** A point in monotonic time until which a piece of work may wait. */
export class Deadline {
  readonly #at: number;

  private constructor(at: number) {
    this.#at = at;
  }

  static in(milliseconds: number): Deadline {
    return new Deadline(performance.now() + milliseconds);
  }

  get leftMs(): number {
    return Math.max(0, this.#at - performance.now());
  }

  get passed(): boolean {
    return this.leftMs === 0;
  }

  /** Rejects with E_VAULT when the time is over; the work itself goes on for others who share it. */
  limit<T>(work: Promise<T>): Promise<T> {
    // Not Promise.race: every read passes here, and this costs half.
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new OperatorError("E_VAULT", "the vault did not answer in time")),
        this.leftMs,
      );
      // Handled here in any case: whoever loses must not become an unhandled rejection.
      work.then(
        (result) => {
          clearTimeout(timer);
          resolve(result);
        },
        (error) => {
          clearTimeout(timer);
          reject(error);
        },
      );
    });
  }
}
