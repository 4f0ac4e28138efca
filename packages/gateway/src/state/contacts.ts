import type { Deadline } from "../deadline.ts";
import type { Contact, VaultApi } from "../vault-client/vault-api.ts";
import type { Alarms } from "./alarms.ts";
import { Shared } from "./mutex.ts";
import type { Replica } from "./replica.ts";
import type { Sync } from "./sync.ts";

/** An answer made without the vault may rest on a contact this old. */
const contactAgeMaxMs = 30_000;

/** How fresh and how far this gateway's knowledge of the vault's head is. */
export class Contacts {
  #lastSentAt = Number.NEGATIVE_INFINITY;
  #seenSeq = -1;

  /** Called with every authenticated reply. */
  readonly note = ({ seq, sentAt }: Contact): void => {
    if (sentAt > this.#lastSentAt) this.#lastSentAt = sentAt;
    if (seq > this.#seenSeq) this.#seenSeq = seq;
  };

  get ageMs(): number {
    return performance.now() - this.#lastSentAt;
  }

  get seenSeq(): number {
    return this.#seenSeq;
  }
}

/**
 * The rules of freshness: a negative answer needs a look at the vault's head begun after the request came; any
 * other answer made without the vault needs a recent one. While an alarm stands, the own head is what counts.
 */
export class Freshness {
  readonly #contacts: Contacts;
  readonly #replica: Replica;
  readonly #alarms: Alarms;
  readonly #sync: Sync;
  readonly #head: Shared<void>;

  constructor(parts: {
    contacts: Contacts;
    replica: Replica;
    alarms: Alarms;
    sync: Sync;
    api: VaultApi;
    deadline(): Deadline;
  }) {
    this.#contacts = parts.contacts;
    this.#replica = parts.replica;
    this.#alarms = parts.alarms;
    this.#sync = parts.sync;
    this.#head = new Shared(async () => {
      await parts.api.head(parts.deadline());
    });
  }

  /** Before an answer made without a vault call. @throws {OperatorError} `E_VAULT` */
  async recent(deadline: Deadline): Promise<void> {
    if (this.#alarms.frozen) return;
    if (this.#contacts.ageMs > contactAgeMaxMs) await deadline.limit(this.#head.begunAfterNow());
    await this.#catchUp(deadline);
  }

  /** Before a negative answer. @returns whether more is known than before, so that the question must be asked again. */
  async beforeNegative(deadline: Deadline): Promise<boolean> {
    if (this.#alarms.frozen) return false;
    const before = this.#replica.seq;
    const wasFetching = this.#replica.fetching;
    await deadline.limit(this.#head.begunAfterNow());
    await this.#catchUp(deadline);
    return wasFetching || this.#replica.seq !== before;
  }

  /** Waits until no record is being fetched: what it says could change the answer. */
  async settled(deadline: Deadline): Promise<void> {
    if (this.#alarms.frozen || !this.#replica.fetching) return;
    await deadline.limit(this.#sync.begunAfterNow());
  }

  async #catchUp(deadline: Deadline): Promise<void> {
    if (this.#contacts.seenSeq > this.#replica.seq)
      await deadline.limit(this.#sync.reach(this.#contacts.seenSeq));
    if (this.#replica.fetching) await deadline.limit(this.#sync.begunAfterNow());
  }
}
