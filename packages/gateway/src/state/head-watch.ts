import type { Log } from "@halfkey/runtime";
import { Deadline } from "../deadline.ts";
import { Pause } from "../pause.ts";
import type { VaultApi } from "../vault-client/vault-api.ts";
import type { Alarms } from "./alarms.ts";
import type { Replica } from "./replica.ts";
import type { Sync } from "./sync.ts";

/** Short enough that a contact is always younger than the age that answers without the vault may rest on. */
const waitSeconds = 10;
const retryMs = { least: 200, most: 2000 };
const healingSyncMs = 10_000;

export interface HeadWatchParts {
  api: VaultApi;
  replica: Replica;
  sync: Sync;
  alarms: Alarms;
  /** The vault answers again after it did not. */
  onVaultBack(): void;
  log: Log;
}

/** Keeps one long poll of the journal open, so that this gateway learns of changes at once and of an outage too. */
export class HeadWatch {
  readonly #parts: HeadWatchParts;
  #stopped = false;
  #vaultAnswers = true;
  readonly #pause = new Pause();

  constructor(parts: HeadWatchParts) {
    this.#parts = parts;
  }

  get vaultAnswers(): boolean {
    return this.#vaultAnswers;
  }

  async run(): Promise<void> {
    let failures = 0;
    while (!this.#stopped) {
      try {
        await this.#once();
        this.#vaultAnswers = true;
        if (failures > 0) {
          this.#parts.log.info({ failures }, "the vault answers again");
          this.#parts.onVaultBack();
        }
        failures = 0;
      } catch (error) {
        if (this.#stopped) return;
        failures += 1;
        this.#vaultAnswers = false;
        if (failures === 1) this.#parts.log.warn({ error: error as Error }, "the vault cannot be asked");
        await this.#pause.for(Math.min(retryMs.most, retryMs.least * 2 ** Math.min(failures, 8)));
      }
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#pause.end();
  }

  async #once(): Promise<void> {
    const { api, replica, sync, alarms } = this.#parts;
    if (alarms.frozen) {
      if (alarms.heals) await sync.begunAfterNow();
      if (alarms.frozen) await this.#pause.for(healingSyncMs);
      return;
    }
    const from = Math.max(replica.seq, 0);
    // After an outage the first question must not wait for news: that the vault answers is the news.
    const wait = this.#vaultAnswers ? waitSeconds : 0;
    const { seq } = await api.journal(from, Deadline.in((wait + 5) * 1000), wait);
    await sync.reach(seq);
    // Behind is as telling as ahead: what it means is for the sync to judge.
    if (seq < from) await sync.begunAfterNow();
  }
}
