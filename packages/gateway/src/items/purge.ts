import type { Log } from "@halfkey/runtime";
import { Deadline } from "../deadline.ts";
import type { Writes } from "../state/writes.ts";
import type { WriteParts } from "./item-writing.ts";
import { purgeTrash } from "./trash.ts";

const everyMs = 60 * 60_000;
const itemsPerEntry = 256;

/** Removes for good, once an hour, what has been in the trash long enough. */
export class Purge {
  readonly #parts: { writes: Writes; writeParts: WriteParts; log: Log };
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: { writes: Writes; writeParts: WriteParts; log: Log }) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => void this.run(Date.now()), everyMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** @returns how many items went. A failure is left to the next hour. */
  async run(now: number): Promise<number> {
    const { writes, writeParts, log } = this.#parts;
    let total = 0;
    try {
      for (;;) {
        const due = [...writeParts.replica.index.trash()].some(({ purge }) => purge <= now);
        if (!due) break;
        const { purged } = await writes.run(
          () => purgeTrash(writeParts, now, itemsPerEntry),
          Deadline.in(10_000),
        );
        if (purged === 0) break;
        total += purged;
      }
    } catch (error) {
      log.warn({ error: error as Error }, "the trash could not be emptied: it is tried again in an hour");
    }
    if (total > 0) log.info({ items: total }, "emptied the trash");
    return total;
  }
}
