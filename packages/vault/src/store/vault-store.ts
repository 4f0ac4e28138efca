import type { PageLimits } from "./within-limits.ts";

/**
 * Where the vault keeps everything. Two implementations must agree: whatever is written here in prose is tested by
 * `testVaultStore` over each.
 *
 * - *Durable on return.* A write that has resolved survives a crash of the process, the machine and the power.
 *   A write that has rejected with an OperatorError has left nothing, not even half.
 * - *Whole.* Each write is one transaction. Each read is one snapshot, taken after it was called: it sees every
 *   write that had resolved before.
 * - *Any number at once.* Writes of one account are serialised by the store; of 20 appends to one head, one wins.
 * - *Refusals* that the caller can mend are CallerErrors; a full disk, a lost connection or a damaged database
 *   is an OperatorError (E_VAULT), and the next call may succeed.
 * - It checks no MACs, opens no seals and keeps no time: sealed bytes and `now` come from its callers.
 *
 * Ids and keys are bytes; hex and base64url belong to the edges. Returned buffers are the caller's own.
 */
export interface VaultStore extends VaultReads, VaultWrites {
  /** Finishes what is under way, then refuses everything. */
  close(): Promise<void>;
}

export interface VaultReads {
  instance(instance: Uint8Array): Promise<InstanceRow | undefined>;
  /** Ordered by creation. @param account all accounts' if absent */
  instances(account?: Uint8Array): Promise<InstanceRow[]>;
  accounts(): Promise<AccountRow[]>;
  /** @throws {CallerError} E_NOT_FOUND for an account that does not exist; so do all reads of an account. */
  head(account: Uint8Array): Promise<Head>;
  /** Entries `from`, `from + 1`, …: at least one if there is one, else within both limits. */
  entries(account: Uint8Array, from: number, limits: PageLimits): Promise<{ seq: number; entries: Buffer[] }>;
  /** Records (those with bytes) with ids above `after`, ascending: at least one if there is one, else within both limits. */
  page(account: Uint8Array, after: Uint8Array | undefined, limits: PageLimits): Promise<Page>;
  /** In the order of `ids`; null also for a record whose entry came by a push and whose bytes did not. */
  records(
    account: Uint8Array,
    ids: readonly Uint8Array[],
  ): Promise<{ seq: number; records: (Buffer | null)[] }>;
  /** Blobs in the order of `ids`, with the fragments as of the same snapshot. Stops reading above `bytesMax`. */
  open(account: Uint8Array, ids: readonly Uint8Array[], bytesMax: number): Promise<Opened>;
  /** Changes with every commit, by whichever process; equal means that nothing was committed in between. */
  changeMark(): Promise<number>;
  rootKeyCheck(): Promise<Buffer | undefined>;
  /** Everything that is sealed under the root key, of all accounts. */
  sealedRows(): Promise<SealedRows>;
}

export interface VaultWrites {
  /** Keeps the first value ever given, and returns that one. */
  keepRootKeyCheck(sealed: Uint8Array): Promise<Buffer>;
  /**
   * Puts other seals, and another root key check value, in the place of all that there are.
   * @throws {CallerError} E_CONFLICT when there are others than these by now; nothing is changed then.
   */
  reseal(rows: SealedRows & { check: Uint8Array }): Promise<void>;
  /** @throws {CallerError} E_NOT_FOUND when the account or the instance it is bound to does not exist. */
  createCode(code: NewCode): Promise<void>;
  /**
   * Redeems a code: makes the account (for a code of a new one) and the instance, or gives the named instance
   * another key and ends its revocation. The same code, account, instance and key again within `repeatMs` of the
   * first time succeeds and changes nothing. A refused attempt leaves the code as it was.
   *
   * @returns the seq of the account's head.
   * @throws {CallerError} E_TOKEN for an unknown, used or expired code; E_INPUT when the code is for another
   * account or instance; E_EXISTS for an account or instance that exists already.
   */
  enrol(enrolment: Enrolment): Promise<{ seq: number }>;
  /** @throws {CallerError} E_NOT_FOUND */
  setRevoked(instance: Uint8Array, revoked: boolean): Promise<void>;
  /**
   * Keeps a pending fragment, if `epoch` is the highest active + 1 and none is kept yet; so the first one stays.
   * @returns the fragment of that epoch, pending or active; undefined if there is none and none may be.
   */
  keepFragment(fragment: NewFragment): Promise<FragmentRow | undefined>;
  /**
   * Appends one entry with all that belongs to it, or says that the head is another one. What `own` and `drop` name
   * and is not there changes nothing.
   * @throws {CallerError} for an entry that breaks a rule of docs/cryptography.md, "Gateway and vault".
   * @throws {OperatorError} E_VAULT where the account's records, writers and fragments are not those of its head.
   */
  append(append: Append): Promise<AppendResult>;
  /**
   * Gives a vault that was set back what it lacks, or says that the head is another one: entries of any writers that
   * continue the head, each checked as an append is; records that hash to what the journal, with these entries, says
   * of their ids, all others being passed over; blobs that are not there yet, of a record that is.
   * @throws {CallerError} as `append`; E_FORMAT for entries that are no chain.
   * @throws {OperatorError} as `append`.
   */
  push(push: Push): Promise<PushResult>;
}

export interface InstanceRow {
  instance: Buffer;
  account: Buffer;
  sealedKey: Buffer;
  created: number;
  revoked: boolean;
}

export interface SealedRows {
  fragments: { account: Uint8Array; epoch: number; sealed: Uint8Array }[];
  instances: { account: Uint8Array; instance: Buffer; sealedKey: Buffer }[];
}

export interface AccountRow {
  account: Buffer;
  created: number;
  seq: number;
  instances: number;
}

export interface Head {
  seq: number;
  /** null before entry 0. */
  entry: Buffer | null;
  /** Active vault epochs, ascending. */
  epochs: number[];
  backup: { seq: number; time: number } | null;
}

export interface Page {
  seq: number;
  records: { id: Buffer; sealed: Buffer }[];
  writers: { instance: Buffer; publicKey: Buffer }[];
  /** Whether there are records above the last one. */
  more: boolean;
}

export interface FragmentRow {
  epoch: number;
  active: boolean;
  sealed: Buffer;
}

export interface Opened {
  seq: number;
  fragments: FragmentRow[];
  /** null: no such blob. Undefined as a whole: together they exceed the limit. */
  blobs: (Buffer | null)[] | undefined;
}

export interface NewCode {
  hash: Uint8Array;
  /** null: a new account. */
  account: Uint8Array | null;
  /** null: a new instance. */
  rekeys: Uint8Array | null;
  expires: number;
}

export interface Enrolment {
  codeHash: Uint8Array;
  account: Uint8Array;
  instance: Uint8Array;
  sealedKey: Uint8Array;
  /** Tells whether a repetition brings the same key, as each seal of it differs. */
  keyHash: Uint8Array;
  now: number;
  repeatMs: number;
}

export interface NewFragment {
  account: Uint8Array;
  epoch: number;
  sealed: Uint8Array;
  /** The first 4 bytes of its key check share. */
  kcv: Uint8Array;
}

export interface Append {
  account: Uint8Array;
  /** The authenticated instance. */
  instance: Uint8Array;
  entry: Uint8Array;
  records: { id: Uint8Array; sealed: Uint8Array }[];
  blobs: { id: Uint8Array; owner: Uint8Array; bytes: Uint8Array }[];
  own: { id: Uint8Array; owner: Uint8Array }[];
  drop: Uint8Array[];
}

export type AppendResult = { conflict: false; seq: number } | Conflict;

/** The entries from the (first) refused one's seq - 1 on, at most a journal page. */
export interface Conflict {
  conflict: true;
  seq: number;
  entries: Buffer[];
}

export interface Push {
  account: Uint8Array;
  entries: Uint8Array[];
  records: { id: Uint8Array; sealed: Uint8Array }[];
  blobs: { id: Uint8Array; owner: Uint8Array; bytes: Uint8Array }[];
  /** Blob ids to be looked for. */
  expect: Uint8Array[];
}

/** `missing`: those of `expect` that are not there afterwards. */
export type PushResult = { conflict: false; seq: number; missing: Buffer[] } | Conflict;
