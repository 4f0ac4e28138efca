import { copyBuffer } from "./buffers.ts";
import { requireLength, zero32 } from "./bytes.ts";
import { IdMap, Leaf, type Node } from "./id-map.ts";
import { sha256 } from "./primitives.ts";

interface Valued {
  readonly value: Uint8Array;
}

/**
 * The Merkle trie over every live record, writer and vault epoch: an immutable map from 32-byte ids to 32-byte
 * values whose root depends on its contents alone. Hashes are made when a root is asked for and kept, so a group
 * of a thousand changes hashes each inner node once.
 */
export class Trie {
  static readonly empty = new Trie(IdMap.empty());

  readonly #rows: IdMap<Valued>;

  /** A view of rows that may carry more than their value: nothing is copied. */
  constructor(rows: IdMap<Valued>) {
    this.#rows = rows;
  }

  static from(entries: Iterable<readonly [Uint8Array, Uint8Array]>): Trie {
    return new Trie(IdMap.from(Iterator.from(entries).map(([id, value]) => ownRow(id, value))));
  }

  get size(): number {
    return this.#rows.size;
  }

  get(id: Uint8Array): Uint8Array | undefined {
    return this.#rows.get(id)?.value;
  }

  put(id: Uint8Array, value: Uint8Array): Trie {
    return new Trie(this.#rows.put(...ownRow(id, value)));
  }

  /** @throws {RangeError} for an id that is not there. */
  delete(id: Uint8Array): Trie {
    const rows = this.#rows.delete(id);
    if (rows === this.#rows) throw new RangeError("the id to be deleted is not in the trie");
    return new Trie(rows);
  }

  /** 32 bytes, zero for the empty trie. */
  get root(): Uint8Array {
    return copyBuffer(hashOf(this.#rows.node));
  }

  /** Sorted by id. */
  *entries(): IterableIterator<[Uint8Array, Uint8Array]> {
    for (const [id, row] of this.#rows.entries()) yield [id, row.value];
  }
}

/** Copies: an immutable value must not change with its caller's buffers. */
function ownRow(id: Uint8Array, value: Uint8Array): [Uint8Array, Valued] {
  requireLength("value", value, 32);
  return [new Uint8Array(id), { value: new Uint8Array(value) }];
}

const leafTag = 2;
const branchTag = 3;
// Hashing is synchronous and its input public, so one buffer serves every node.
const scratch = new Uint8Array(65);

function hashOf(node: Node<Valued> | undefined): Uint8Array {
  if (node === undefined) return zero32;
  node.hash ??=
    node instanceof Leaf
      ? hash(leafTag, node.id, node.value.value)
      : hash(branchTag, hashOf(node.left), hashOf(node.right));
  return node.hash;
}

function hash(tag: number, first: Uint8Array, second: Uint8Array): Uint8Array {
  scratch[0] = tag;
  scratch.set(first, 1);
  scratch.set(second, 33);
  return sha256(scratch);
}
