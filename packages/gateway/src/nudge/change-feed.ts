import type { RecordContent } from "@halfkey/model";
import type { Replica } from "../state/replica.ts";
import { type Change, changeOf } from "./change-of.ts";

/** Beyond this many the single ones are forgotten: then everything counts as changed. */
const changesMax = 10_000;
/** Matching a change against all searches takes time: others have their turn in between. */
const changesPerTurn = 100;

export interface SeenChange {
  /** `everything`: more changed than was kept. */
  change: Change | "everything";
  seq: number;
  since: number;
  /** This gateway made it. */
  own: boolean;
}

/**
 * What changes in the replica, told later and piece by piece: whoever commits a change waits for none of it. A change
 * is told once it can be read here.
 */
export class ChangeFeed {
  readonly #replica: Pick<Replica, "seq" | "onChange">;
  readonly #tell: (seen: SeenChange) => void;
  #seen: SeenChange[] = [];
  #scheduled = false;

  constructor(replica: Pick<Replica, "seq" | "onChange">, tell: (seen: SeenChange) => void) {
    this.#replica = replica;
    this.#tell = tell;
  }

  start(): void {
    this.#replica.onChange = (before, after, own) => this.#note(before, after, own);
  }

  stop(): void {
    this.#replica.onChange = undefined;
    this.#seen = [];
  }

  #note(before: RecordContent | undefined, after: RecordContent | undefined, own: boolean): void {
    const change = changeOf(before, after);
    if (change === undefined) return;
    const seen = { change, seq: this.#replica.seq, since: performance.now(), own };
    if (this.#seen.length >= changesMax) this.#seen = [{ ...seen, change: "everything" }];
    else this.#seen.push(seen);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      for (const seen of this.#seen.splice(0, changesPerTurn)) this.#tell(seen);
      if (this.#seen.length > 0) this.#schedule();
    });
  }
}
