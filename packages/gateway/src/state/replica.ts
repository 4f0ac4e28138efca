import {
  CryptoError,
  equalConstantTime,
  fromBase64Url,
  type IdRow,
  isReplayFree,
  type JournalEntry,
  type JournalState,
  openRecord,
  operations,
  recordKinds,
  sha256,
  toBase64Url,
} from "@halfkey/crypto";
import { type ErrorCode, OperatorError, type RecordContent, type SettingsRecord } from "@halfkey/model";
import type { Keyring } from "../fragment/keyring.ts";
import { type EpochPair, epochsOf, isSamePair } from "./epoch-pair.ts";
import { OpenedIndex, type OpenedRecord } from "./opened-index.ts";
import { kindAndName } from "./record-names.ts";

export interface Poisoned {
  id: Buffer;
  /** Access ids that the previous content named, if it was a role: they are denied everything until it is known. */
  dependents: readonly string[];
  /** The journal's seq at which it was poisoned. */
  since: number;
  /** Nothing was ever known of it: it may be a role, and deny. */
  unknown: boolean;
  /** What it held before; for telling what changed, never for an answer. */
  previous?: RecordContent | undefined;
  /** What a request that meets it answers once fetching did not help; none while the fetch is under way. */
  code?: ErrorCode;
}

/**
 * This gateway's verified copy of the account: the journal's state, and the records that match it, opened.
 * A record whose current hash has no matching content is poisoned: its previous content is never used.
 */
export class Replica {
  readonly index = new OpenedIndex();
  readonly #keyring: Keyring;
  readonly #settingsId: Buffer;
  readonly #poisoned = new Map<string, Poisoned>();
  /** Hashes of the chain's entries by seq, from this process's start point on. */
  readonly #hashes = new Map<number, Uint8Array>();
  /**
   * Called once a change can be read here; undefined stands for an absent record. `own`: this process has sealed it.
   * Must be quick and must not throw.
   */
  onChange:
    | ((before: RecordContent | undefined, after: RecordContent | undefined, own: boolean) => void)
    | undefined;
  #state: JournalState;

  /** Counts the entries that changed something else than this gateway's note of itself. */
  changes = 0;
  readonly #ownRecord: Buffer;

  constructor(keyring: Keyring, state: JournalState) {
    this.#keyring = keyring;
    this.#ownRecord = keyring.recordId(recordKinds.instance, keyring.instance);
    this.#settingsId = keyring.recordId(recordKinds.settings, "");
    this.#state = state;
    if (state.seq >= 0) this.#hashes.set(state.seq, state.hash);
  }

  get state(): JournalState {
    return this.#state;
  }

  get seq(): number {
    return this.#state.seq;
  }

  /** The settings first: by them the others are judged. */
  get poisoned(): [string, Poisoned][] {
    const settings = toBase64Url(this.#settingsId);
    return [...this.#poisoned].sort(
      ([one], [other]) => Number(other === settings) - Number(one === settings),
    );
  }

  get poisonedCount(): number {
    return this.#poisoned.size;
  }

  /** The chain's entry hash at a seq; nothing for seqs before the start point or after the head. */
  hashAt(seq: number): Uint8Array | undefined {
    return this.#hashes.get(seq);
  }

  /** Remembers an entry that the state covers already: what is asked of the past is answered from its hash. */
  noteHash({ seq, hash }: JournalEntry): void {
    if (seq <= this.#state.seq) this.#hashes.set(seq, hash);
  }

  /** Publishes an entry that has been applied and is durable. Ids it puts are poisoned until their records come. */
  publish(entry: JournalEntry, state: JournalState): void {
    this.#state = state;
    this.#hashes.set(entry.seq, entry.hash);
    if (entry.operations.some(({ id }) => !equalConstantTime(id, this.#ownRecord))) this.changes += 1;
    for (const { op, id } of entry.operations) {
      const key = toBase64Url(id);
      if (op === operations.putRecord) {
        const known = this.index.byId(key);
        const before = this.#poisoned.get(key);
        const dependents = dependentsOf(known) ?? before?.dependents ?? [];
        const unknown = known === undefined && before?.unknown !== false;
        this.index.remove(key);
        const previous = known ?? before?.previous;
        this.#poisoned.set(key, { id: Buffer.from(id), since: entry.seq, dependents, unknown, previous });
      } else if (op === operations.deleteRecord) {
        const gone = this.index.byId(key) ?? this.#poisoned.get(key)?.previous;
        this.index.remove(key);
        this.#poisoned.delete(key);
        this.onChange?.(gone, undefined, entry.writer === this.#keyring.instance);
      }
    }
  }

  /**
   * Takes another chain, which the caller has verified. Records that both name alike stay; all others are poisoned
   * until they are fetched.
   */
  restartFrom(state: JournalState, entries: readonly JournalEntry[]): void {
    const before = this.#state;
    const records = [...this.index.entries()];
    for (const [key] of records) this.index.remove(key);
    this.#poisoned.clear();
    this.#hashes.clear();
    this.#state = state;
    for (const { seq, hash } of entries) this.#hashes.set(seq, hash);
    for (const [key, record] of records) {
      const id = fromBase64Url(key, 32);
      if (isSameRow(before.row(id), state.row(id))) this.index.put(key, record);
    }
    this.poisonMissing();
    // An id tells one kind for ever: what was an item is none that could deny.
    for (const [key, { content }] of records) {
      const poisoned = this.#poisoned.get(key);
      if (poisoned !== undefined && content.t !== "role") poisoned.unknown = false;
    }
  }

  /** Poisons every live record without content: after a start that did not find all of them on disk. */
  poisonMissing(): void {
    for (const [id, row] of this.#state.rows()) {
      if (row.value === null || isReserved(id)) continue;
      const key = toBase64Url(id);
      if (this.index.byId(key) === undefined && !this.#poisoned.has(key)) {
        this.#poisoned.set(key, { id: Buffer.from(id), since: row.seq, dependents: [], unknown: true });
      }
    }
  }

  /** What a poisoned id held before: whoever depended on it is denied everything until the new content is known. */
  notePrevious(key: string, content: RecordContent): void {
    const poisoned = this.#poisoned.get(key);
    if (poisoned === undefined) return;
    poisoned.unknown = false;
    poisoned.dependents = dependentsOf(content) ?? [];
  }

  /**
   * Whether some record, of which nothing is known, may be a role that denies. A vault that shows a prohibition's
   * entry, and what was granted after it, but withholds its record must gain nothing by it.
   */
  get isPolicyUnknown(): boolean {
    for (const { unknown } of this.#poisoned.values()) if (unknown) return true;
    return false;
  }

  /** Whether a fetch that has not ended yet could change what is known. */
  get fetching(): boolean {
    for (const { code } of this.#poisoned.values()) if (code === undefined) return true;
    return false;
  }

  /** Whether an access id depends on a role whose current content is not known. */
  isSuspended(accessId: string): boolean {
    for (const { dependents } of this.#poisoned.values()) if (dependents.includes(accessId)) return true;
    return false;
  }

  /** Marks what fetching found out about a poisoned id. */
  mark(key: string, code: ErrorCode): void {
    const poisoned = this.#poisoned.get(key);
    if (poisoned !== undefined) poisoned.code = code;
  }

  /** Whether sealed bytes are the ones that the trie names for this id now. */
  isCurrent(id: Uint8Array, sealed: Uint8Array): boolean {
    const value = this.#state.trie.get(id);
    return value !== undefined && equalConstantTime(value, sha256(sealed));
  }

  /**
   * Takes a record whose bytes are current: opens it, checks (a) its id against its content and (b) the seq it
   * was sealed at, and puts it into the index.
   *
   * @throws {OperatorError} `E_STATE`, or `E_EPOCH` for an epoch that is not loaded here.
   */
  accept(id: Uint8Array, sealed: Uint8Array): void {
    const key = toBase64Url(id);
    this.#put(key, this.#openChecked(id, sealed), false);
  }

  /** As {@link accept}, for a content that this process has sealed itself a moment ago. */
  acceptOwn(key: string, record: OpenedRecord): void {
    this.#put(key, record, true);
  }

  /** @throws {OperatorError} when settings are poisoned: then every request is refused. */
  get settings(): SettingsRecord {
    const { settings } = this.index;
    if (settings === undefined && this.poisonedCode(toBase64Url(this.#settingsId)) === "E_EPOCH")
      throw new OperatorError("E_EPOCH", "the account has an epoch that this gateway's fragment file lacks");
    if (settings === undefined)
      throw new OperatorError("E_STATE", "the settings record is missing or does not match the journal");
    return settings;
  }

  poisonedCode(key: string): ErrorCode | "fetching" | undefined {
    const poisoned = this.#poisoned.get(key);
    return poisoned === undefined ? undefined : (poisoned.code ?? "fetching");
  }

  #put(key: string, record: OpenedRecord, own: boolean): void {
    const before = this.index.byId(key) ?? this.#poisoned.get(key)?.previous;
    this.index.put(key, record);
    this.#poisoned.delete(key);
    this.onChange?.(before, record.content, own);
  }

  #openChecked(id: Uint8Array, sealed: Uint8Array): OpenedRecord {
    let content: RecordContent;
    let epochs: EpochPair;
    try {
      const opened = openRecord({
        account: this.#keyring.account,
        id,
        sealed,
        rootOf: this.#keyring.recordRoot,
      });
      content = opened.content as unknown as RecordContent;
      epochs = { customerEpoch: opened.customerEpoch, vaultEpoch: opened.vaultEpoch };
    } catch (cause) {
      if (!(cause instanceof CryptoError)) throw cause;
      if (cause.code === "E_EPOCH")
        throw new OperatorError("E_EPOCH", "a record is sealed with an epoch that is not loaded here", {
          cause,
        });
      throw new OperatorError("E_STATE", "a record with the right hash does not open", { cause });
    }
    const named = kindAndName(content);
    if (named === undefined || !equalConstantTime(this.#keyring.recordId(named.kind, named.name), id)) {
      throw new OperatorError("E_STATE", "a record stands under an id that is not its own");
    }
    const row = this.#state.row(id);
    if (
      row === undefined ||
      !Number.isSafeInteger(content.n) ||
      !isReplayFree(content.n, row.before, row.seq)
    ) {
      throw new OperatorError("E_STATE", "an old record was brought back");
    }
    if (this.#isOfLeftEpoch(row.seq, epochs))
      throw new OperatorError("E_STATE", "a record is sealed with an epoch that the account had left");
    return { content, epochs };
  }

  /**
   * Whoever holds an epoch that was left, with a writer's signature even, must write nothing with it. Records that
   * are not younger than the settings are not judged: what the settings were before is not kept.
   */
  #isOfLeftEpoch(seq: number, epochs: EpochPair): boolean {
    const { settings } = this.index;
    const row = this.#state.row(this.#settingsId);
    if (settings === undefined || row === undefined) return false;
    return seq > row.seq && !isSamePair(epochs, epochsOf(settings));
  }
}

function isSameRow(one: IdRow | undefined, other: IdRow | undefined): boolean {
  if (!one?.value || !other?.value) return false;
  return one.seq === other.seq && one.before === other.before && equalConstantTime(one.value, other.value);
}

function dependentsOf(content: RecordContent | undefined): readonly string[] | undefined {
  return content?.t === "role" ? content.associations.map(({ accessId }) => accessId) : undefined;
}

/** Ids of writers and vault epochs: their first 12 bytes are zero. */
export function isReserved(id: Uint8Array): boolean {
  for (let at = 0; at < 12; at += 1) if (id[at] !== 0) return false;
  return true;
}
