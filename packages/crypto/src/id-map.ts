import { equalBytes } from "./bytes.ts";

/** One id with its value. */
export class Leaf<T> {
  readonly id: Uint8Array;
  readonly value: T;
  /** Merkle hash, filled in by Trie when first asked for. */
  hash: Uint8Array | undefined;

  constructor(id: Uint8Array, value: T) {
    this.id = id;
    this.value = value;
  }
}

/** At least two ids below, or this would be a leaf; one side may still be empty. */
export class Branch<T> {
  readonly left: Node<T> | undefined;
  readonly right: Node<T> | undefined;
  /** Merkle hash, filled in by Trie when first asked for. */
  hash: Uint8Array | undefined;

  constructor(left: Node<T> | undefined, right: Node<T> | undefined) {
    this.left = left;
    this.right = right;
  }
}

export type Node<T> = Leaf<T> | Branch<T>;

/**
 * An immutable map from 32-byte ids. A change copies the path to one leaf and shares the rest, so keeping the
 * state before an entry costs nothing and dropping the state after it undoes it. The shape depends on the ids
 * alone: bit by bit from the most significant, a subtree with one id is a leaf. Ids are kept, not copied.
 */
export class IdMap<T> {
  readonly node: Node<T> | undefined;
  readonly size: number;

  private constructor(node: Node<T> | undefined, size: number) {
    this.node = node;
    this.size = size;
  }

  static empty<T>(): IdMap<T> {
    return new IdMap<T>(undefined, 0);
  }

  /** Of two entries with one id the later counts. Much cheaper than as many puts. */
  static from<T>(entries: Iterable<readonly [Uint8Array, T]>): IdMap<T> {
    const leaves = Array.from(entries, ([id, value]) => new Leaf(requireId(id), value));
    const count = { leaves: 0 };
    return new IdMap(build(leaves, 0, count), count.leaves);
  }

  get(id: Uint8Array): T | undefined {
    let node = this.node;
    for (let depth = 0; node instanceof Branch; depth += 1)
      node = bitOf(id, depth) === 0 ? node.left : node.right;
    return node !== undefined && equalBytes(node.id, id) ? node.value : undefined;
  }

  put(id: Uint8Array, value: T): IdMap<T> {
    const size = this.get(requireId(id)) === undefined ? this.size + 1 : this.size;
    return new IdMap(put(this.node, new Leaf(id, value), 0), size);
  }

  /** The same map where the id is absent. */
  delete(id: Uint8Array): IdMap<T> {
    if (this.get(id) === undefined) return this;
    return new IdMap(remove(this.node, id, 0), this.size - 1);
  }

  /** Sorted by id; with a prefix only the ids that begin with it. */
  *entries(prefix = new Uint8Array(0)): IterableIterator<[Uint8Array, T]> {
    let node = this.node;
    for (let depth = 0; depth < prefix.length * 8 && node instanceof Branch; depth += 1) {
      node = bitOf(prefix, depth) === 0 ? node.left : node.right;
    }
    for (const leaf of leavesOf(node)) {
      // A subtree with one id ends early, so its leaf need not have the prefix.
      if (equalBytes(leaf.id.subarray(0, prefix.length), prefix)) yield [leaf.id, leaf.value];
    }
  }
}

function requireId(id: Uint8Array): Uint8Array {
  if (id.length !== 32) throw new RangeError(`an id must have 32 bytes, has ${id.length}`);
  return id;
}

function bitOf(id: Uint8Array, depth: number): 0 | 1 {
  return (((id[depth >> 3] as number) >> (7 - (depth & 7))) & 1) as 0 | 1;
}

function put<T>(node: Node<T> | undefined, leaf: Leaf<T>, depth: number): Node<T> {
  if (node === undefined) return leaf;
  if (node instanceof Branch) {
    return bitOf(leaf.id, depth) === 0
      ? new Branch(put(node.left, leaf, depth + 1), node.right)
      : new Branch(node.left, put(node.right, leaf, depth + 1));
  }
  return equalBytes(node.id, leaf.id) ? leaf : split(node, leaf, depth);
}

function split<T>(a: Leaf<T>, b: Leaf<T>, depth: number): Branch<T> {
  const bit = bitOf(a.id, depth);
  if (bit !== bitOf(b.id, depth)) return bit === 0 ? new Branch<T>(a, b) : new Branch<T>(b, a);
  const below = split(a, b, depth + 1);
  return bit === 0 ? new Branch(below, undefined) : new Branch(undefined, below);
}

/** The id is known to be below this node. */
function remove<T>(node: Node<T> | undefined, id: Uint8Array, depth: number): Node<T> | undefined {
  if (!(node instanceof Branch)) return undefined;
  const bit = bitOf(id, depth);
  const rest = remove(bit === 0 ? node.left : node.right, id, depth + 1);
  const other = bit === 0 ? node.right : node.left;
  if (rest === undefined && other instanceof Leaf) return other;
  if (other === undefined && rest instanceof Leaf) return rest;
  return bit === 0 ? new Branch(rest, other) : new Branch(other, rest);
}

function build<T>(leaves: Leaf<T>[], depth: number, count: { leaves: number }): Node<T> | undefined {
  if (leaves.length === 0) return undefined;
  if (leaves.length === 1 || depth === 256) {
    count.leaves += 1;
    return leaves.at(-1);
  }
  const sides: [Leaf<T>[], Leaf<T>[]] = [[], []];
  for (const leaf of leaves) sides[bitOf(leaf.id, depth)].push(leaf);
  const left = build(sides[0], depth + 1, count);
  const right = build(sides[1], depth + 1, count);
  // Equal ids came down together and have become one leaf: it belongs as high up as any single id.
  if (left === undefined && right instanceof Leaf) return right;
  if (right === undefined && left instanceof Leaf) return left;
  return new Branch(left, right);
}

function* leavesOf<T>(node: Node<T> | undefined): IterableIterator<Leaf<T>> {
  // An explicit stack: nested generators would cost one hop per level and leaf.
  const stack = node === undefined ? [] : [node];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next instanceof Leaf) yield next;
    else {
      if (next.right !== undefined) stack.push(next.right);
      if (next.left !== undefined) stack.push(next.left);
    }
  }
}
