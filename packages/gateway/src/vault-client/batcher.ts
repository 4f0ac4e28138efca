export interface BatchLimits<W> {
  /** Most wants in one batch. */
  count: number;
  /** What a want weighs, and the most one batch may weigh; a single heavier want goes alone. */
  weight?: { of(want: W): number; most: number };
  inFlight: number;
}

interface Waiting<W, A> {
  want: W;
  resolve(answer: A): void;
  reject(error: unknown): void;
}

/**
 * Sends concurrent wants together: what comes in one turn of the event loop goes at its end, and what arrives while
 * a batch is under way forms the next. There is no timer, so nobody waits for company.
 */
export class Batcher<W, A> {
  readonly #limits: BatchLimits<W>;
  readonly #send: (wants: W[]) => Promise<(A | Error)[]>;
  #waiting: Waiting<W, A>[] = [];
  #inFlight = 0;

  /** @param send Answers a batch in order; an Error in a place refuses that want alone. */
  constructor(limits: BatchLimits<W>, send: (wants: W[]) => Promise<(A | Error)[]>) {
    this.#limits = limits;
    this.#send = send;
  }

  ask(want: W): Promise<A> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ want, resolve, reject });
      // More may follow in this turn of the event loop: of the same request, and of others that came with it.
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
      else if (this.#waiting.length >= this.#limits.count) this.#flush();
    });
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.#mayStart()) {
      const batch = this.#take();
      this.#inFlight += 1;
      this.#run(batch).finally(() => {
        this.#inFlight -= 1;
        this.#flush();
      });
    }
  }

  #mayStart(): boolean {
    if (this.#inFlight === 0) return true;
    return this.#waiting.length >= this.#limits.count && this.#inFlight < this.#limits.inFlight;
  }

  #take(): Waiting<W, A>[] {
    const { count, weight } = this.#limits;
    let taken = 0;
    let weighs = 0;
    for (const { want } of this.#waiting) {
      weighs += weight?.of(want) ?? 0;
      if (taken === count || (taken > 0 && weight !== undefined && weighs > weight.most)) break;
      taken += 1;
    }
    return this.#waiting.splice(0, taken);
  }

  async #run(batch: Waiting<W, A>[]): Promise<void> {
    try {
      const answers = await this.#send(batch.map(({ want }) => want));
      for (const [at, { resolve, reject }] of batch.entries()) {
        const answer = answers[at];
        if (answer === undefined) reject(new RangeError("a batch came back with fewer answers than wants"));
        else if (answer instanceof Error) reject(answer);
        else resolve(answer);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
