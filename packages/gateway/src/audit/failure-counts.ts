import { sourcePrefix } from "./source-prefix.ts";

/** Networks kept apart in one summary; what comes from more is counted together. */
const sourcesMax = 1000;
/** An entry may have 256 KiB; a summary is far below with this many codes each. */
const codesMax = 12;

export interface FailureSummary {
  sources: Record<string, Record<string, number>>;
  /** From networks beyond those that are kept apart. */
  others: Record<string, number>;
}

/**
 * Requests that failed before anybody was authenticated, counted per source network. However many come, memory
 * stays bounded and the log gets one entry for all.
 */
export class FailureCounts {
  #sources = new Map<string, Map<string, number>>();
  #others = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#sources.size === 0 && this.#others.size === 0;
  }

  /** @param what A code, or `login` for wrong credentials. */
  count(what: string, address: string): void {
    const source = sourcePrefix(address);
    let counts = this.#sources.get(source);
    if (counts === undefined) {
      counts = this.#sources.size < sourcesMax ? new Map() : this.#others;
      if (counts !== this.#others) this.#sources.set(source, counts);
    }
    const name = counts.has(what) || counts.size < codesMax ? what : "other";
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  /** What was counted since the last time; it starts anew. */
  take(): FailureSummary {
    const sources = Object.fromEntries(
      [...this.#sources].map(([source, counts]) => [source, Object.fromEntries(counts)]),
    );
    const others = Object.fromEntries(this.#others);
    this.#sources = new Map();
    this.#others = new Map();
    return { sources, others };
  }

  /** Gives back what could not be written; exact enough, as nothing else is lost. */
  restore({ sources, others }: FailureSummary): void {
    for (const [source, counts] of Object.entries(sources)) {
      const held =
        this.#sources.get(source) ??
        (this.#sources.size < sourcesMax ? new Map<string, number>() : this.#others);
      if (held !== this.#others) this.#sources.set(source, held);
      addAll(held, counts);
    }
    addAll(this.#others, others);
  }
}

function addAll(held: Map<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [what, count] of Object.entries(counts)) held.set(what, (held.get(what) ?? 0) + count);
}
