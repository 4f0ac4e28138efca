/** Denials of one token that get an entry of their own, a minute. */
export const denialsPerMinute = 20;
/** Tokens kept apart in one minute; denials of more are only counted. */
const tokensMax = 5000;

export interface SuppressedDenials {
  who: string;
  tid: string;
  suppressed: number;
}

/** Keeps one token from filling the log with denials: beyond the limit they are counted, and told in a summary. */
export class DenialLimits {
  #tokens = new Map<string, { who: string; count: number }>();
  #others = 0;

  /** @returns whether this denial gets an entry. */
  admit(tid: string, who: string): boolean {
    let token = this.#tokens.get(tid);
    if (token === undefined) {
      if (this.#tokens.size >= tokensMax) {
        this.#others += 1;
        return false;
      }
      token = { who, count: 0 };
      this.#tokens.set(tid, token);
    }
    token.count += 1;
    return token.count <= denialsPerMinute;
  }

  /** What was suppressed since the last time, most first; it starts anew. */
  take(): { tokens: SuppressedDenials[]; others: number } {
    const tokens = [...this.#tokens]
      .filter(([, { count }]) => count > denialsPerMinute)
      .map(([tid, { who, count }]) => ({ who, tid, suppressed: count - denialsPerMinute }))
      .sort((a, b) => b.suppressed - a.suppressed);
    const others = this.#others;
    this.#tokens = new Map();
    this.#others = 0;
    return { tokens, others };
  }
}
