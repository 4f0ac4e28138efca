export interface BatchLimits<W> {
  /** Most wants in one batch. */
  count: number;
  /**
   * What a want weighs, and the most one batch may weigh; a single heavier want goes alone. Wants up to `light` go
   * before heavier ones, so that nobody's great values delay everybody's small ones.
   */
  weight?: { of(want: W): number; most: number; light: number };
  inFlight: number;
  /** How long a want may wait before it is sent: whoever asked has then given up. */
  patience?: { milliseconds: number; over(): Error };
}

interface Waiting<W, A> {
  want: W;
  /** Monotonic, milliseconds. */
  since: number;
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
      this.#waiting.push({ want, since: performance.now(), resolve, reject });
      // More may follow in this turn of the event loop: of the same request, and of others that came with it.
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
      else if (this.#waiting.length >= this.#limits.count) this.#flush();
    });
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.#mayStart()) {
      this.#dropLate();
      const batch = this.#take();
      if (batch.length === 0) return;
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

  /** Work for nobody would keep the vault busy long after a flood has ended. */
  #dropLate(): void {
    const { patience } = this.#limits;
    if (patience === undefined) return;
    const oldest = performance.now() - patience.milliseconds;
    if (!this.#waiting.some(({ since }) => since < oldest)) return;
    const kept: Waiting<W, A>[] = [];
    for (const one of this.#waiting) {
      if (one.since < oldest) one.reject(patience.over());
      else kept.push(one);
    }
    this.#waiting = kept;
  }

  #take(): Waiting<W, A>[] {
    const { count, weight } = this.#limits;
    if (weight === undefined) return this.#waiting.splice(0, count);
    const isLight = ({ want }: Waiting<W, A>) => weight.of(want) <= weight.light;
    const inOrder = this.#waiting.every(isLight)
      ? this.#waiting
      : [...this.#waiting.filter(isLight), ...this.#waiting.filter((one) => !isLight(one))];
    let taken = 0;
    let weighs = 0;
    for (const { want } of inOrder) {
      weighs += weight.of(want);
      if (taken === count || (taken > 0 && weighs > weight.most)) break;
      taken += 1;
    }
    this.#waiting = inOrder.slice(taken);
    return inOrder.slice(0, taken);
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
