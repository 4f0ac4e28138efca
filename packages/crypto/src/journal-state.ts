import { copyBuffer } from "./buffers.ts";
import { equalBytes, requireLength, zero32 } from "./bytes.ts";
import { CryptoError } from "./errors.ts";
import { IdMap } from "./id-map.ts";
import { type JournalEntry, verifyEntrySignature } from "./journal-entry.ts";
import { epochsOf, type IdRow, operate, type Rows } from "./journal-rows.ts";
import { checkOperations, epochPrefix, instanceOf, operations, writerId, writerPrefix } from "./operation.ts";
import { Trie } from "./trie.ts";

interface Fields extends Rows {
  account: Uint8Array;
  genesis: Uint8Array | undefined;
  seq: number;
  hash: Uint8Array;
  headBytes?: Uint8Array | undefined;
}

/** The state of an account after a journal entry: an immutable value. */
export class JournalState {
  readonly account: Uint8Array;
  /** Hash of entry 0: expected before it, its own afterwards. */
  readonly genesis: Uint8Array | undefined;
  /** -1 before entry 0. */
  readonly seq: number;
  /** Hash of the head entry; zero before entry 0. */
  readonly hash: Uint8Array;
  /** The whole head entry; undefined before entry 0 and right after a checkpoint. */
  readonly headBytes: Uint8Array | undefined;
  /** Every live record, writer and vault epoch. */
  readonly trie: Trie;
  readonly #rows: Rows;

  /** For this package: `empty`, `apply` and `decodeCheckpoint` make states. */
  constructor(fields: Fields) {
    this.account = fields.account;
    this.genesis = fields.genesis;
    this.seq = fields.seq;
    this.hash = fields.hash;
    this.headBytes = fields.headBytes;
    this.#rows = { live: fields.live, deleted: fields.deleted };
    this.trie = new Trie(fields.live);
  }

  /** @param genesis The expected hash of entry 0, where it is known. */
  static empty(account: Uint8Array, genesis?: Uint8Array): JournalState {
    requireLength("account", account, 16);
    if (genesis !== undefined) requireLength("genesis", genesis, 32);
    return new JournalState({
      account: copyBuffer(account),
      genesis: genesis && copyBuffer(genesis),
      seq: -1,
      hash: zero32,
      live: IdMap.empty(),
      deleted: IdMap.empty(),
    });
  }

  row(id: Uint8Array): IdRow | undefined {
    return this.#rows.live.get(id) ?? this.#rows.deleted.get(id);
  }

  /** Live ids and deleted record ids, sorted. */
  *rows(): IterableIterator<[Uint8Array, IdRow]> {
    const deleted = this.#rows.deleted.entries();
    let pending = deleted.next();
    for (const row of this.#rows.live.entries()) {
      for (; !pending.done && Buffer.compare(pending.value[0], row[0]) < 0; pending = deleted.next())
        yield pending.value;
      yield row;
    }
    for (; !pending.done; pending = deleted.next()) yield pending.value;
  }

  /** Instance ids (hex) and public keys of those who may sign entries. */
  writers(): [string, Uint8Array][] {
    return Array.from(this.#rows.live.entries(writerPrefix), ([id, { value }]) => [instanceOf(id), value]);
  }

  /** Active vault epochs, ascending, with their fragments' key check values. */
  vaultEpochs(): { epoch: number; kcv: string }[] {
    return epochsOf(this.#rows.live);
  }

  /**
   * The state after an entry, which comes from `decodeEntry` or `buildEntry`. Each check in the order of the
   * specification; this state stays as it is. Applying the head once more changes nothing.
   *
   * @throws {CryptoError} `E_FORMAT`, `E_FORK` (not the continuation), `E_WRITER` (signed by nobody who may),
   *   `E_STATE` (an operation or the root contradicts what went before).
   */
  apply(entry: JournalEntry): JournalState {
    if (entry.seq === this.seq && equalBytes(entry.hash, this.hash)) return this;
    checkOperations(entry.operations);
    this.#checkContinuation(entry);
    this.#checkWriter(entry);
    const rows = entry.operations.reduce(
      (before, operation) => operate(before, operation, entry.seq),
      this.#rows,
    );
    if (rows.live.entries(writerPrefix).next().done)
      throw new CryptoError("E_WRITER", "no writer would be left");
    if (rows.live.entries(epochPrefix).next().done)
      throw new CryptoError("E_STATE", "no vault epoch would be left");
    const { seq, hash, bytes: headBytes } = entry;
    const genesis = seq === 0 ? hash : this.genesis;
    const after = new JournalState({ ...rows, account: this.account, genesis, seq, hash, headBytes });
    if (!equalBytes(after.trie.root, entry.root)) throw new CryptoError("E_STATE", "the state root differs");
    return after;
  }

  #checkContinuation(entry: JournalEntry): void {
    if (!equalBytes(entry.account, this.account))
      throw new CryptoError("E_FORK", "an entry of another account");
    if (entry.seq !== this.seq + 1)
      throw new CryptoError("E_FORK", `entry ${entry.seq} does not follow ${this.seq}`);
    if (!equalBytes(entry.prev, this.hash))
      throw new CryptoError("E_FORK", `entry ${entry.seq} follows another head`);
    if (entry.seq === 0 && this.genesis !== undefined && !equalBytes(entry.hash, this.genesis)) {
      throw new CryptoError("E_FORK", "entry 0 is not this account's");
    }
  }

  #checkWriter(entry: JournalEntry): void {
    const key = entry.seq === 0 ? founderKey(entry) : this.#writerKey(entry.writer);
    if (key === undefined)
      throw new CryptoError("E_WRITER", `${entry.writer} may not sign entry ${entry.seq}`);
    if (!verifyEntrySignature(entry, key))
      throw new CryptoError("E_WRITER", `entry ${entry.seq} has a bad signature`);
  }

  #writerKey(writer: string): Uint8Array | undefined {
    return /^0+$/.test(writer) ? undefined : this.trie.get(writerId(writer));
  }
}

/** Entry 0 admits its own writer and nobody else. */
function founderKey(entry: JournalEntry): Uint8Array | undefined {
  const [founder, ...others] = entry.operations.filter(({ op }) => op === operations.admitWriter);
  return founder !== undefined && others.length === 0 && instanceOf(founder.id) === entry.writer
    ? founder.value
    : undefined;
}
