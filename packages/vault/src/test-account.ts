import {
  buildEntry,
  decodeEntry,
  epochId,
  generateAccountId,
  generateInstanceId,
  generateSigningKey,
  type JournalEntry,
  JournalState,
  type Operation,
  operations,
  randomBytes,
  recordId,
  recordKinds,
  sealRecord,
  sha256,
  toBase64Url,
  vaultEpochValue,
  writerId,
} from "@halfkey/crypto";
import type { Append, Push } from "./store/vault-store.ts";

/** What a test wants to happen in one entry. */
export interface Change {
  put?: { name: string; blobs?: { id: Buffer; bytes?: Buffer }[] }[];
  remove?: string[];
  own?: { id: Buffer; name: string }[];
  drop?: Buffer[];
  /** Operations 3 to 6, or whatever should be refused. */
  more?: Operation[];
  time?: number;
  /** Another writer of this account. */
  by?: TestAccount;
}

/**
 * The gateway's side of one account, for tests: it builds entries that a vault must accept. Its records are sealed
 * under a random root, since a vault cannot tell.
 */
export class TestAccount {
  readonly account = Buffer.from(generateAccountId(), "hex");
  readonly instance: Buffer;
  readonly name: string;
  readonly vaultKey = randomBytes(32);
  readonly signing = generateSigningKey();
  readonly nameKey = randomBytes(32);
  readonly #root = randomBytes(32);
  state: JournalState;

  constructor(instance = generateInstanceId()) {
    this.name = instance;
    this.instance = Buffer.from(instance, "hex");
    this.state = JournalState.empty(this.account);
  }

  idOf(name: string): Buffer {
    return recordId(this.nameKey, recordKinds.item, name);
  }

  admit(instance: string, publicKey: Uint8Array): Operation {
    return { op: operations.admitWriter, id: writerId(instance), value: publicKey };
  }

  revoke(instance: string): Operation {
    return { op: operations.revokeWriter, id: writerId(instance), value: Buffer.alloc(32) };
  }

  announce(epoch: number, kcv: string): Operation {
    return { op: operations.announceVaultEpoch, id: epochId(epoch), value: vaultEpochValue(kcv) };
  }

  retire(epoch: number): Operation {
    return { op: operations.retireVaultEpoch, id: epochId(epoch), value: Buffer.alloc(32) };
  }

  /** Entry 0, given the vault's key check value for f = 1. */
  first(kcv: string): Append {
    return this.next({
      put: [{ name: "settings" }],
      more: [this.admit(this.name, this.signing.publicKey), this.announce(1, kcv)],
    });
  }

  /** The append that follows this account's head. The head moves with `accept` only. */
  next(change: Change): Append {
    const records = (change.put ?? []).map(({ name }) => ({
      id: this.idOf(name),
      sealed: this.#sealed(name),
    }));
    const list: Operation[] = [
      ...records.map(({ id, sealed }) => ({ op: operations.putRecord, id, value: sha256(sealed) })),
      ...(change.remove ?? []).map((name) => ({
        op: operations.deleteRecord,
        id: this.idOf(name),
        value: Buffer.alloc(32),
      })),
      ...(change.more ?? []),
    ];
    const writer = change.by ?? this;
    const entry = this.entry(list, change.time, writer);
    return {
      account: this.account,
      instance: writer.instance,
      entry: entry.bytes,
      records,
      blobs: (change.put ?? []).flatMap(({ name, blobs = [] }) =>
        blobs.map(({ id, bytes = randomBytes(256) }) => ({ id, owner: this.idOf(name), bytes })),
      ),
      own: (change.own ?? []).map(({ id, name }) => ({ id, owner: this.idOf(name) })),
      drop: change.drop ?? [],
    };
  }

  entry(list: Operation[], time = Date.now(), writer: TestAccount = this): JournalEntry {
    const { state } = this;
    return buildEntry({ state, operations: list, time, writer: writer.name, signingKey: writer.signing });
  }

  /**
   * A signed entry of any content, for what must be refused: nothing is sorted, checked, or summed up in its root.
   * @param options.prev of the head unless given
   */
  rawEntry(
    list: Operation[],
    options: { seq?: number; prev?: Uint8Array; account?: Buffer; writer?: string } = {},
  ): Buffer {
    const {
      seq = this.state.seq + 1,
      prev = this.state.hash,
      account = this.account,
      writer = this.name,
    } = options;
    const numbers = Buffer.alloc(8 + 8 + 2);
    numbers.writeBigUInt64BE(BigInt(seq), 0);
    numbers.writeBigUInt64BE(BigInt(Date.now()), 8);
    numbers.writeUInt16BE(list.length, 16);
    const body = Buffer.concat([
      Buffer.from([1]),
      account,
      numbers.subarray(0, 8),
      prev,
      sha256(Buffer.from("a root")),
      numbers.subarray(8, 16),
      Buffer.from(writer, "hex"),
      numbers.subarray(16),
      ...list.flatMap(({ op, id, value }) => [Buffer.from([op]), id, value]),
    ]);
    return Buffer.concat([
      body,
      this.signing.sign(Buffer.concat([Buffer.from("halfkey/v1/journal\0"), body])),
    ]);
  }

  /** An append of nothing but such an entry. */
  raw(list: Operation[], options: Parameters<TestAccount["rawEntry"]>[1] = {}): Append {
    const sorted = list.toSorted((one, other) => Buffer.compare(one.id, other.id));
    const entry = this.rawEntry(sorted, options);
    return {
      account: this.account,
      instance: this.instance,
      entry,
      records: [],
      blobs: [],
      own: [],
      drop: [],
    };
  }

  /** The append that follows, and moves the head to it: for what reaches the vault later, by a push. */
  ahead(change: Change): Append {
    const append = this.next(change);
    this.accept(append);
    return append;
  }

  /** What these appends would have brought, in one push. */
  push(appends: Append[], more: Partial<Push> = {}): Push {
    return {
      account: this.account,
      entries: appends.map(({ entry }) => entry),
      records: appends.flatMap(({ records }) => records),
      blobs: appends.flatMap(({ blobs }) => blobs),
      expect: [],
      ...more,
    };
  }

  /** Moves the head to an entry that the vault has accepted. */
  accept({ entry }: Append): void {
    this.state = this.state.apply(decodeEntry(entry));
  }

  #sealed(name: string): Buffer {
    return sealRecord({
      account: this.account,
      id: this.idOf(name),
      customerEpoch: 1,
      vaultEpoch: 1,
      root: this.#root,
      hedge: this.#root,
      content: { t: "item", n: this.state.seq, path: name, salt: toBase64Url(randomBytes(8)) },
    });
  }
}

/** An append as the body of `POST /v1/append`. */
export function appendBody({ entry, records, blobs, own, drop }: Append) {
  return {
    entry: toBase64Url(entry),
    records: records.map(({ id, sealed }) => [toBase64Url(id), toBase64Url(sealed)]),
    blobs: blobs.map(({ id, owner, bytes }) => [toBase64Url(id), toBase64Url(owner), toBase64Url(bytes)]),
    own: own.map(({ id, owner }) => [toBase64Url(id), toBase64Url(owner)]),
    drop: drop.map(toBase64Url),
  };
}

/** A push as the body of `POST /v1/push`. */
export function pushBody({ entries, records, blobs, expect }: Push) {
  return {
    entries: entries.map(toBase64Url),
    records: records.map(({ id, sealed }) => [toBase64Url(id), toBase64Url(sealed)]),
    blobs: blobs.map(({ id, owner, bytes }) => [toBase64Url(id), toBase64Url(owner), toBase64Url(bytes)]),
    expect: expect.map(toBase64Url),
  };
}
