import {
  CryptoError,
  decodeEntry,
  equalConstantTime,
  type JournalEntry,
  type JournalState,
  operations,
  recordKinds,
  toBase64Url,
} from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import type { Log } from "@halfkey/runtime";
import { vaultLimits } from "@halfkey/wire";
import { Deadline, requestBudgetMs } from "../deadline.ts";
import type { Keyring } from "../fragment/keyring.ts";
import type { VaultApi } from "../vault-client/vault-api.ts";
import { type Alarms, isAlarmCode } from "./alarms.ts";
import type { JournalFile } from "./journal-file.ts";
import { type Mutex, Shared } from "./mutex.ts";
import type { Replica } from "./replica.ts";

export interface SyncParts {
  keyring: Keyring;
  replica: Replica;
  journal: JournalFile;
  api: VaultApi;
  alarms: Alarms;
  /** The one that also covers building and appending entries. */
  writeMutex: Mutex;
  /** Whether this process signed the entry, now or before a crash. */
  isOurs(entry: JournalEntry): boolean;
  /** Whether this process has announced itself: what its predecessors wrote before is no sign of a clone. */
  hasBooted(): boolean;
  /** Brings the keyring to the vault epochs that the journal names. */
  followVaultEpochs(): Promise<void>;
  /** A younger process runs with our identity: everything must stop. */
  onClone(): void;
  log: Log;
}

/** How often a record that does not match is asked for again before it counts as withheld. */
const fetchRoundsMax = 5;

/**
 * Brings the replica to the vault's head, or finds out that the vault lies. One at a time, shared by all who
 * wait. A failed transport is no alarm; whatever contradicts the own head or the trie is.
 *
 * @see docs/cryptography.md, "Sync"
 */
export class Sync {
  readonly #parts: SyncParts;
  readonly #shared: Shared<void>;

  constructor(parts: SyncParts) {
    this.#parts = parts;
    this.#shared = new Shared(() => this.#run((work) => parts.writeMutex.hold(work)));
  }

  /** A sync whose first request is sent after this call. @throws {OperatorError} */
  begunAfterNow(): Promise<void> {
    return this.#shared.begunAfterNow();
  }

  /**
   * Brings the own head to at least this one. An own append is often heard of before its answer is worked on: it is
   * published under the mutex, and a sync would wait behind the writes that come next.
   *
   * @throws {OperatorError}
   */
  async reach(seq: number): Promise<void> {
    const { replica, writeMutex } = this.#parts;
    if (replica.seq < seq) await writeMutex.hold(async () => {});
    if (replica.seq < seq) await this.begunAfterNow();
  }

  /** For the holder of the write mutex, who must not wait for one that waits for him. */
  holdingMutex(): Promise<void> {
    return this.#run((work) => work());
  }

  async #run(underMutex: <T>(work: () => Promise<T>) => Promise<T>): Promise<void> {
    const { alarms, replica } = this.#parts;
    if (alarms.frozen && !alarms.heals) throw frozen(alarms);
    try {
      const touched = new Set<string>();
      for (let round = 0; ; round += 1) {
        await this.#applyJournal(underMutex, touched);
        await this.#parts.followVaultEpochs();
        if (replica.poisonedCount === 0) break;
        const fresh = new Set(touched);
        touched.clear();
        const open = await this.#fetchPoisoned(round === 0 ? undefined : fresh);
        if (!open || round === fetchRoundsMax) break;
      }
      if (alarms.heals) await alarms.clear();
    } catch (error) {
      if (error instanceof OperatorError && isAlarmCode(error.code))
        await alarms.raise(error.code, error.message);
      throw error;
    }
  }

  async #applyJournal(
    underMutex: <T>(work: () => Promise<T>) => Promise<T>,
    touched: Set<string>,
  ): Promise<void> {
    const { api, replica } = this.#parts;
    for (;;) {
      const from = Math.max(replica.seq, 0);
      const { seq, entries } = await api.journal(from, Deadline.in(requestBudgetMs));
      const decoded = entries.map(decodeFromVault);
      if (replica.seq >= 0 && seq < from)
        throw new OperatorError("E_ROLLBACK", `the vault's head is ${seq}, ours was ${from}`);
      if (decoded.length === 0 && seq >= from)
        throw new OperatorError("E_FORMAT", "the vault names a head but shows no entry");
      await underMutex(() => this.#apply(decoded, touched));
      if (replica.seq >= seq) return;
    }
  }

  async #apply(entries: JournalEntry[], touched: Set<string>): Promise<void> {
    const { replica, journal } = this.#parts;
    const fresh: { entry: JournalEntry; state: JournalState }[] = [];
    let { state } = replica;
    for (const entry of entries) {
      if (entry.seq <= state.seq) {
        const known = entry.seq === state.seq ? state.hash : replica.hashAt(entry.seq);
        if (known !== undefined && !equalConstantTime(known, entry.hash)) {
          throw new OperatorError("E_FORK", `the vault shows another entry ${entry.seq} than before`);
        }
        continue;
      }
      state = applyEntry(state, entry);
      fresh.push({ entry, state });
    }
    for (const { entry } of fresh) this.#checkClone(entry);
    // Durable before it is published: what we have once seen, a restart must not forget.
    await journal.appendEntries(fresh.map(({ entry }) => entry));
    for (const { entry, state: after } of fresh) {
      replica.publish(entry, after);
      for (const { op, id } of entry.operations)
        if (op === operations.putRecord) touched.add(toBase64Url(id));
    }
  }

  /** Only this process, or an entry it had open before, may change its own instance record. */
  #checkClone(entry: JournalEntry): void {
    const { keyring, isOurs, hasBooted, onClone } = this.#parts;
    if (!hasBooted() || isOurs(entry)) return;
    const own = keyring.recordId(recordKinds.instance, keyring.instance);
    if (!entry.operations.some(({ op, id }) => op === operations.putRecord && equalConstantTime(id, own)))
      return;
    onClone();
    throw new OperatorError("E_CLONE", "a younger process runs with this instance's identity");
  }

  /**
   * Fetches what is poisoned. A record that is missing or does not hash right may only be one that a newer
   * entry has replaced, so the journal is read again first; one for which no newer entry came is withheld.
   *
   * @param touchedSince Ids touched by entries that came after the last fetch; none in the first round.
   * @returns whether anything is left to fetch in another round.
   */
  async #fetchPoisoned(touchedSince: Set<string> | undefined): Promise<boolean> {
    const { replica, api, journal } = this.#parts;
    const wanted = replica.poisoned.filter(
      ([, { code }]) => code === undefined || code === "E_STATE" || code === "E_EPOCH",
    );
    let left = false;
    for (let at = 0; at < wanted.length; at += vaultLimits.batch) {
      const batch = wanted.slice(at, at + vaultLimits.batch);
      const records = await api.records(
        batch.map(([, { id }]) => id),
        Deadline.in(requestBudgetMs),
      );
      const kept: [Uint8Array, Uint8Array][] = [];
      for (const [place, [key, { id }]] of batch.entries()) {
        const sealed = records[place] ?? null;
        if (sealed === null || !replica.isCurrent(id, sealed)) {
          // The replica may have moved on by an own write meanwhile: then the record is here already.
          if (replica.poisonedCode(key) === undefined) continue;
          if (touchedSince !== undefined && !touchedSince.has(key)) {
            replica.mark(key, "E_STATE");
            throw new OperatorError("E_STATE", "the vault does not give a record that the journal names");
          }
          left = true;
          continue;
        }
        try {
          replica.accept(id, sealed);
          kept.push([id, sealed]);
        } catch (error) {
          if (!(error instanceof OperatorError)) throw error;
          replica.mark(key, error.code);
          if (error.code === "E_STATE") throw error;
        }
      }
      await journal.appendRecords(kept);
    }
    return left;
  }
}

/** @throws {OperatorError} `E_FORK`, `E_WRITER`, `E_STATE` or `E_FORMAT` */
export function applyEntry(state: JournalState, entry: JournalEntry): JournalState {
  try {
    return state.apply(entry);
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new OperatorError(cause.code, `journal entry ${entry.seq}: ${cause.message}`, { cause });
  }
}

function decodeFromVault(bytes: Buffer): JournalEntry {
  try {
    return decodeEntry(bytes);
  } catch (cause) {
    throw new OperatorError("E_FORMAT", "the vault shows an entry that cannot be read", { cause });
  }
}

export function frozen(alarms: Alarms): OperatorError {
  const alarm = alarms.current;
  return new OperatorError(
    "E_FROZEN",
    `frozen since ${alarm?.since} by alarm ${alarm?.code}: ${alarm?.reason}`,
  );
}
