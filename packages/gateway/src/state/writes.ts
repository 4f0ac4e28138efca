import { CallerError } from "@halfkey/model";
import type { Deadline } from "../deadline.ts";
import type { Freshness } from "./contacts.ts";
import type { WritePlan } from "./pending-write.ts";
import type { Writer } from "./writer.ts";

/** Writes with the freshness that refusals need: a refusal counts only against the vault's newest head. */
export class Writes {
  readonly #writer: Writer;
  readonly #freshness: Freshness;

  constructor(writer: Writer, freshness: Freshness) {
    this.#writer = writer;
    this.#freshness = freshness;
  }

  /** @param plan Makes a fresh plan; it is called again if the account had moved on. */
  async run<R>(plan: () => WritePlan<R>, deadline: Deadline): Promise<R> {
    await this.#freshness.settled(deadline);
    try {
      return await this.#writer.submit(plan(), deadline);
    } catch (error) {
      if (!(error instanceof CallerError) || !(await this.#freshness.beforeNegative(deadline))) throw error;
      return this.#writer.submit(plan(), deadline);
    }
  }
}
