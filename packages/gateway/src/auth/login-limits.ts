import { sha256, toHex } from "@halfkey/crypto";
import { CallerError } from "@halfkey/model";
import { sourcePrefix } from "../audit/source-prefix.ts";

/** Wrong attempts of one source: with one access id, and with any. Both within a minute. */
const limits = { perAccessId: 10, perSource: 100 };
const windowMs = 60_000;
/** What a flood from everywhere may cost in memory: two generations of this many, the older one is forgotten. */
const countersMax = 20_000;

interface Counter {
  failures: number;
  /** Milliseconds since 1970. */
  until: number;
}

/** Too many failed logins. */
export class RateError extends CallerError {
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super("E_RATE", "too many failed logins from this address");
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * Slows guessing down without locking anybody out: credentials are always checked first, only failures count,
 * and they count against where they come from, so that right ones pass at once from anywhere.
 */
export class LoginLimits {
  #counters = new Map<string, Counter>();
  #older = new Map<string, Counter>();

  /** @returns what to refuse this failure with, instead of its own error. */
  failed(address: string, accessId: string, now: number): RateError | undefined {
    const source = sourcePrefix(address);
    // Hashed: a long made-up id must not be a way to fill the memory.
    const ofId = this.#count(toHex(sha256(Buffer.from(`${source} ${accessId}`))), now);
    const ofSource = this.#count(source, now);
    const over = [
      ...(ofId.failures > limits.perAccessId ? [ofId.until] : []),
      ...(ofSource.failures > limits.perSource ? [ofSource.until] : []),
    ];
    return over.length === 0 ? undefined : new RateError(Math.ceil((Math.max(...over) - now) / 1000));
  }

  #count(key: string, now: number): Counter {
    const held = this.#counters.get(key) ?? this.#older.get(key);
    const counter = held !== undefined && held.until > now ? held : { failures: 0, until: now + windowMs };
    counter.failures += 1;
    this.#counters.set(key, counter);
    if (this.#counters.size >= countersMax) {
      this.#older = this.#counters;
      this.#counters = new Map();
    }
    return counter;
  }
}
