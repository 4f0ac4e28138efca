import { type Operation, recordBytesMax, toBase64Url } from "@halfkey/crypto";
import { CallerError, OperatorError, type RecordContent } from "@halfkey/model";
import type { Keyring } from "../fragment/keyring.ts";
import { kindAndName } from "./record-names.ts";
import type { Replica } from "./replica.ts";

/** A record's content before it is sealed: `n` is set then. */
export type Unsealed<T extends RecordContent = RecordContent> = T extends RecordContent
  ? Omit<T, "n">
  : never;

export interface StagedPut {
  id: Buffer;
  content: Unsealed;
  /** What the sealed record will need. */
  bytes: number;
}

/** A blob's id and its owner's, as an append names them. */
const namedBlobBytes = 72;
/** Room for `n`, which is set when a record is sealed. */
const seqBytes = 24;

/** What one or several writes want to change, in the shape of an append. */
export class Draft {
  readonly puts = new Map<string, StagedPut>();
  readonly deletes = new Map<string, Buffer>();
  /** [blob id, owner id, bytes], ids base64url. */
  readonly blobs: [string, string, Uint8Array][] = [];
  readonly own: [string, string][] = [];
  readonly drop: string[] = [];
  /** Operations on writers and vault epochs. */
  readonly operations: Operation[] = [];

  get operationCount(): number {
    return this.puts.size + this.deletes.size + this.operations.length;
  }

  get blobBytes(): number {
    return this.blobs.reduce((sum, [, , bytes]) => sum + bytes.length, 0);
  }

  /** All that an append of this has to carry. */
  get bytes(): number {
    let records = 0;
    for (const { bytes } of this.puts.values()) records += bytes;
    return records + this.blobBytes + (this.own.length + this.drop.length) * namedBlobBytes;
  }

  addAll(other: Draft): void {
    for (const [key, put] of other.puts) {
      this.puts.set(key, put);
      this.deletes.delete(key);
    }
    for (const [key, id] of other.deletes) {
      this.deletes.set(key, id);
      this.puts.delete(key);
    }
    this.blobs.push(...other.blobs);
    this.own.push(...other.own);
    this.drop.push(...other.drop);
    this.operations.push(...other.operations);
  }
}

/** Thrown where a write meets a record whose content is still being fetched: it tries again after a sync. */
export class NotSettled extends Error {}

/**
 * What one write sees while its entry is built: the replica, with the changes of the writes before it in the
 * same entry on top. What it stages counts only if it ends without an error.
 */
export class GroupView {
  readonly replica: Replica;
  readonly draft = new Draft();
  readonly #group: Draft;
  readonly #keyring: Keyring;

  constructor(replica: Replica, keyring: Keyring, group: Draft) {
    this.replica = replica;
    this.#keyring = keyring;
    this.#group = group;
  }

  /** @throws {OperatorError} `E_STATE` for a poisoned record. */
  get<T extends RecordContent>(kind: number, name: string): Unsealed<T> | undefined {
    const key = toBase64Url(this.#keyring.recordId(kind, name));
    for (const draft of [this.draft, this.#group]) {
      const staged = draft.puts.get(key);
      if (staged !== undefined) return staged.content as Unsealed<T>;
      if (draft.deletes.has(key)) return undefined;
    }
    const poisoned = this.replica.poisonedCode(key);
    if (poisoned === "fetching") throw new NotSettled();
    if (poisoned !== undefined)
      throw new OperatorError(poisoned, "the record's current content is not known");
    return this.replica.index.byId(key) as Unsealed<T> | undefined;
  }

  /** What the entry being built puts already, of one type: names that are not record ids must be unique in it too. */
  staged<T extends RecordContent>(type: T["t"]): Unsealed<T>[] {
    const all = [...this.#group.puts.values(), ...this.draft.puts.values()];
    return all.map(({ content }) => content).filter((content): content is Unsealed<T> => content.t === type);
  }

  /** @throws {CallerError} `E_TOO_LARGE`: here it is this write's own failure, later it would be its whole entry's. */
  put(content: Unsealed): void {
    const id = this.#idOf(content);
    const key = toBase64Url(id);
    const bytes = Buffer.byteLength(JSON.stringify(content)) + seqBytes;
    if (bytes > recordBytesMax) {
      throw new CallerError(
        "E_TOO_LARGE",
        `this change needs a record of ${bytes} bytes, more than the ${recordBytesMax} that one may have`,
      );
    }
    this.draft.puts.set(key, { id, content, bytes: 2 * bytes });
    this.draft.deletes.delete(key);
  }

  remove(content: Unsealed): void {
    const id = this.#idOf(content);
    const key = toBase64Url(id);
    this.draft.puts.delete(key);
    // What only this entry would have put needs no deletion.
    if (this.replica.state.trie.get(id) === undefined) return;
    this.draft.deletes.set(key, id);
  }

  #idOf(content: Unsealed): Buffer {
    const named = kindAndName(content as RecordContent);
    if (named === undefined) throw new RangeError("a record of unknown kind");
    return this.#keyring.recordId(named.kind, named.name);
  }
}
