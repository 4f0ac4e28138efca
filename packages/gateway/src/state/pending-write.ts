import { OperatorError } from "@halfkey/model";
import type { Deadline } from "../deadline.ts";
import type { GroupView } from "./group-view.ts";

/** One change somebody asks for, in the two steps of a write. */
export interface WritePlan<R> {
  /** Names of what no second write of the same entry may touch: record ids, base64url. */
  readonly claims: readonly string[];
  /** Outside the mutex: makes data keys, seals values, fetches shares for the version that is expected. */
  prepare(deadline: Deadline): Promise<void>;
  /**
   * Under the mutex, against the current head: authorises, checks, stages. Must not wait.
   *
   * @returns `stale` if what was prepared is for another version or epoch.
   * @throws the write's own error; nothing staged then counts.
   */
  build(view: GroupView): { result: R } | "stale";
}

/** A write that waits for its entry. Its caller is answered at the deadline at the latest. */
export class PendingWrite {
  readonly plan: WritePlan<unknown>;
  readonly deadline: Deadline;
  readonly outcome: Promise<unknown>;
  readonly #timer: NodeJS.Timeout;
  #resolve: (result: unknown) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #result: unknown;
  #settled = false;
  #fateOpen = false;
  #losses = 0;

  constructor(plan: WritePlan<unknown>, deadline: Deadline, onTimeout: () => void) {
    this.plan = plan;
    this.deadline = deadline;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timer = setTimeout(() => {
      this.reject(this.#timeoutError());
      onTimeout();
    }, deadline.leftMs);
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** It is part of the entry being built; `result` is what its caller gets if that entry stands. */
  begin(result: unknown): void {
    this.#result = result;
    this.#fateOpen = true;
  }

  /** Another entry was first. */
  lost(): void {
    this.#fateOpen = false;
    this.#losses += 1;
  }

  resolve(): void {
    this.#settle(() => this.#resolve(this.#result));
  }

  reject(error: unknown): void {
    this.#settle(() => this.#reject(error));
  }

  #settle(answer: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    answer();
  }

  #timeoutError(): OperatorError {
    if (this.#fateOpen)
      return new OperatorError(
        "E_UNKNOWN",
        "the vault did not answer: the change may have happened, read before you repeat it",
      );
    if (this.#losses > 0)
      return new OperatorError("E_CONFLICT", "others changed the account faster until the time was over");
    return new OperatorError("E_VAULT", "the vault did not answer in time: nothing was changed");
  }
}
