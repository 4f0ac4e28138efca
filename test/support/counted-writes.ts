import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type AkeylessClient, AkeylessError } from "./akeyless-client.ts";

/** One write that was sent, and what its sender learned of its fate. */
interface Attempt {
  readonly kind: "create" | "update";
  readonly path: string;
  /** Used once, ever: it tells this write from all others. */
  readonly value: string;
  readonly sentAt: number;
  fate: "under way" | "acknowledged" | "refused" | "unknown";
  /** What it was refused with. */
  refusal: string;
  /** When the acknowledgement came. */
  acknowledgedAt: number;
  /** The version number that it told. */
  version: unknown;
}

/** Items keep 100 versions, and younger ones are not displaced: a writer moves on before that. */
const attemptsPerItem = 80;
const itemsInUse = 5;

export interface CountedResult {
  acknowledged: number;
  refused: number;
  unknown: number;
  /** Of the unknown ones, those that had happened. */
  happened: number;
}

/** Writers that never stop to ask, and the book of what they were told: creates, and updates of a few shared items. */
export class CountedWrites {
  /** Refusals by code, for the curious. */
  readonly refusals = new Map<string, number>();
  #client: AkeylessClient;
  readonly #folder: string;
  readonly #random: () => number;
  readonly #attempts: Attempt[] = [];
  /** Items that surely exist, with the updates tried on them. */
  readonly #items: { path: string; tries: number }[] = [];
  #running: Promise<unknown> | undefined;
  #stopped = true;

  /** @param random Decides what is written; give a seeded one to write the same again. */
  constructor(client: AkeylessClient, folder: string, random: () => number = Math.random) {
    this.#client = client;
    this.#folder = folder;
    this.#random = random;
  }

  start(writers: number): void {
    this.#stopped = false;
    this.#running = Promise.all(Array.from({ length: writers }, () => this.#write()));
  }

  /** Lets what is under way end. @throws whatever no crash explains, such as an answer without a code. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** Acknowledged writes so far. */
  get acknowledged(): number {
    return this.#attempts.filter(({ fate }) => fate === "acknowledged").length;
  }

  /** After a restart of the gateway: the book stays. */
  goOnWith(client: AkeylessClient): void {
    this.#client = client;
  }

  /** One write after another, `count` of them. @throws whatever no crash explains. */
  async write(count: number): Promise<void> {
    for (let done = 0; done < count; done += 1) await this.#writeOnce();
  }

  async #write(): Promise<void> {
    while (!this.#stopped) await this.#writeOnce();
  }

  async #writeOnce(): Promise<void> {
    const item = this.#items[Math.floor(this.#random() * itemsInUse)];
    if (item === undefined || this.#random() < 0.2) await this.#create();
    else {
      item.tries += 1;
      if (item.tries === attemptsPerItem) this.#items.splice(this.#items.indexOf(item), 1);
      await this.#send("update", item.path);
    }
  }

  async #create(): Promise<void> {
    const path = `${this.#folder}/item-${this.#attempts.length}`;
    const created = await this.#send("create", path);
    if (created && this.#items.length < itemsInUse) this.#items.push({ path, tries: 0 });
  }

  async #send(kind: Attempt["kind"], path: string): Promise<boolean> {
    const value = `${kind}-${this.#attempts.length}`;
    const sentAt = performance.now();
    const attempt: Attempt = {
      ...{ kind, path, value, sentAt, version: 0 },
      ...{ fate: "under way", refusal: "", acknowledgedAt: Infinity },
    };
    this.#attempts.push(attempt);
    try {
      const command = kind === "create" ? "create-secret" : "update-secret-val";
      attempt.version = (await this.#client.call(command, { name: path, value })).version;
      attempt.fate = "acknowledged";
      attempt.acknowledgedAt = performance.now();
      return true;
    } catch (error) {
      const { fate, code } = judge(error);
      attempt.fate = fate;
      attempt.refusal = (error as Error).message;
      if (fate === "refused") this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
      await sleep(10); // while a half is away, asking at full speed tells nothing new
      return false;
    }
  }

  /**
   * Reads every version of every item, while no writer runs: each acknowledged write is there, on top of those that
   * were acknowledged before it was sent; none is there twice; none that was refused is there; nothing else is.
   */
  async check(): Promise<CountedResult> {
    const stored = await this.#readAll();
    const places = new Map<string, { path: string; version: number }>();
    for (const [path, values] of stored) {
      for (const [at, value] of values.entries()) {
        const place = { path, version: at + 1 };
        assert.deepEqual(places.get(value), undefined, `${value} was written twice`);
        places.set(value, place);
      }
    }
    const byValue = new Map(this.#attempts.map((attempt) => [attempt.value, attempt]));
    const result: CountedResult = { acknowledged: 0, refused: 0, unknown: 0, happened: 0 };
    for (const { value, path, kind, fate, version, refusal } of this.#attempts) {
      assert(fate !== "under way");
      const place = places.get(value);
      result[fate] += 1;
      if (fate === "acknowledged") assert(place, `${value} of ${path} was acknowledged and is lost`);
      if (fate === "refused")
        assert.deepEqual(place, undefined, `${value} was refused and happened: ${refusal}`);
      if (place === undefined) continue;
      if (fate === "unknown") result.happened += 1;
      assert.equal(place.path, path);
      if (fate === "acknowledged") assert.equal(place.version, version, value);
      assert.equal(place.version === 1, kind === "create", `${value} is version ${place.version}`);
    }
    for (const values of stored.values()) {
      let lastSentAt = 0;
      for (const value of values) {
        const attempt = byValue.get(value);
        assert(attempt, `nobody wrote ${value}`);
        assert(attempt.acknowledgedAt >= lastSentAt, `${value} lies below a write that was sent after it`);
        lastSentAt = Math.max(lastSentAt, attempt.sentAt);
      }
    }
    return result;
  }

  /** Values of all versions by path, version 1 first. */
  async #readAll(): Promise<Map<string, string[]>> {
    const { items } = await this.#client.call("list-items", { path: this.#folder, "minimal-view": true });
    const found = (items ?? []) as { item_name: string; last_version: number }[];
    const stored = new Map(found.map(({ item_name }) => [item_name, [] as string[]]));
    const versions = Math.max(0, ...found.map(({ last_version }) => last_version));
    for (let version = 1; version <= versions; version += 1) {
      const names = found.filter((item) => item.last_version >= version).map(({ item_name }) => item_name);
      for (let at = 0; at < names.length; at += 256) {
        const batch = names.slice(at, at + 256);
        const values = await this.#client.call("get-secret-value", { names: batch, version });
        for (const name of batch) stored.get(name)?.push(String(values[name]));
      }
    }
    return stored;
  }
}

function judge(error: unknown): { fate: "refused" | "unknown"; code: string } {
  if (error instanceof AkeylessError) {
    const { status, code } = error;
    // Whatever else may be wrong, an outage is answered with 503 and a code; a conflict only if others write too.
    if (status !== 503 || code === "") throw error;
    // Made, and not recorded in the audit log: the caller is told that it happened.
    const isMade = code === "E_AUDIT" && error.body.includes("the change was made");
    return { fate: code === "E_UNKNOWN" || isMade ? "unknown" : "refused", code };
  }
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (code === "ECONNREFUSED") return { fate: "refused", code };
  if (["ECONNRESET", "EPIPE"].includes(code) || /socket hang up/.test(message))
    return { fate: "unknown", code };
  throw error;
}
