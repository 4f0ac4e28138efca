import { OperatorError } from "@halfkey/model";
import type { Log } from "@halfkey/runtime";
import type { CryptoKey } from "jose";
import type { Deadline } from "../deadline.ts";
import type { KeySet } from "./key-set.ts";
import { OutboundFailure } from "./outbound.ts";

const secondMs = 1000;
const minuteMs = 60 * secondMs;

/** How long published keys count, and how often they are asked for. Milliseconds. */
export const keyAges = {
  /** From here on they are asked for anew, beside the logins. */
  refresh: 5 * minuteMs,
  /** From here on a login waits for that: a key that was taken back must not live on because nobody logged in. */
  wait: 15 * minuteMs,
  /** While the issuer is away the last keys go on to count; no longer than this. */
  most: 24 * 60 * minuteMs,
  /** Between two attempts, whatever tokens ask for. */
  pause: 10 * secondMs,
  /** Between two attempts as long as there are no keys at all. */
  firstPause: secondMs,
  /** After a failure nobody waits again for so long. */
  away: minuteMs,
} as const;

const sourcesMax = 256;

export interface PublishedKeys {
  keys: KeySet;
  /** What the source says its issuer is, where it was asked. */
  issuer?: string;
}

/** Where the keys of one issuer are published. */
export interface KeySource {
  /** Everything that decides which keys these are. Sources of one identity share what was fetched. */
  identity: string;
  /** What texts call it, such as `the API server of k8s-auth-config harvester`. */
  title: string;
  /** @throws {OutboundFailure} */
  load(): Promise<PublishedKeys>;
}

interface Entry {
  published: PublishedKeys | undefined;
  fetchedAt: number;
  triedAt: number;
  failedAt: number;
  failure: OutboundFailure | undefined;
  running: Promise<void> | undefined;
}

/**
 * Published keys by their source. One fetch at a time for each, shared by all who wait; a token with an unknown key
 * id causes one, but no more often than {@link keyAges} allows, whoever sends how many.
 */
export class JwksCache {
  readonly #log: Log;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();

  /** @param now Monotonic milliseconds. */
  constructor(log: Log, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  /**
   * The key that a token names, and what the source says its issuer is.
   *
   * @returns no key where the source has none of that name and kind.
   * @throws {OperatorError} `E_ISSUER` where no keys can be had.
   */
  async find(
    source: KeySource,
    { kid, alg }: { kid: string | undefined; alg: string },
    deadline: Deadline,
  ): Promise<{ key: CryptoKey | undefined; issuer: string | undefined }> {
    const entry = this.#entryOf(source);
    let published = await this.#current(entry, source, deadline);
    let key = await published.keys.find(kid, alg);
    if (key === undefined && (entry.running || this.#now() - entry.triedAt >= keyAges.pause)) {
      await this.#refreshed(entry, source, deadline);
      published = entry.published ?? published;
      key = await published.keys.find(kid, alg);
    }
    return { key, issuer: published.issuer };
  }

  async #current(entry: Entry, source: KeySource, deadline: Deadline): Promise<PublishedKeys> {
    const now = this.#now();
    const age = now - entry.fetchedAt;
    if (age >= keyAges.most) entry.published = undefined;
    if (entry.published === undefined) {
      if (entry.running || now - entry.triedAt >= keyAges.firstPause)
        await this.#refreshed(entry, source, deadline);
      if (entry.published === undefined) throw unavailable(source, entry.failure);
    } else if (age >= keyAges.wait && now - entry.failedAt >= keyAges.away) {
      await this.#refreshed(entry, source, deadline);
    } else if (age >= keyAges.refresh && now - entry.triedAt >= keyAges.pause) {
      void this.#refresh(entry, source);
    }
    return entry.published;
  }

  /** A fetch, or as much of it as the deadline leaves; what it came to stands in the entry. */
  async #refreshed(entry: Entry, source: KeySource, deadline: Deadline): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadline.leftMs);
    });
    await Promise.race([this.#refresh(entry, source), over]);
    clearTimeout(timer);
  }

  /** Never rejects. */
  #refresh(entry: Entry, source: KeySource): Promise<void> {
    entry.running ??= this.#load(entry, source).finally(() => {
      entry.running = undefined;
    });
    return entry.running;
  }

  async #load(entry: Entry, source: KeySource): Promise<void> {
    entry.triedAt = this.#now();
    try {
      entry.published = await source.load();
      entry.fetchedAt = this.#now();
      entry.failedAt = Number.NEGATIVE_INFINITY;
      entry.failure = undefined;
      if (entry.published.keys.size === 0)
        this.#log.warn({ source: source.title }, "no keys are published: every token will be refused");
    } catch (error) {
      entry.failedAt = this.#now();
      entry.failure = error instanceof OutboundFailure ? error : new OutboundFailure("its answer is no use");
      const stale = entry.published !== undefined;
      this.#log.warn({ source: source.title, error: error as Error, stale }, "keys cannot be fetched");
    }
  }

  #entryOf({ identity }: KeySource): Entry {
    const entry = this.#entries.get(identity) ?? {
      published: undefined,
      fetchedAt: Number.NEGATIVE_INFINITY,
      triedAt: Number.NEGATIVE_INFINITY,
      failedAt: Number.NEGATIVE_INFINITY,
      failure: undefined,
      running: undefined,
    };
    this.#entries.delete(identity);
    this.#entries.set(identity, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > sourcesMax && oldest !== undefined) this.#entries.delete(oldest);
    return entry;
  }
}

function unavailable({ title }: KeySource, failure: OutboundFailure | undefined): OperatorError {
  return new OperatorError(
    "E_ISSUER",
    `the keys that prove the token cannot be had from ${title}: ${failure?.message ?? "it did not answer in time"}`,
  );
}
