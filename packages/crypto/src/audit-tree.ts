import { CryptoError } from "./errors.ts";
import { sha256 } from "./primitives.ts";

/**
 * The audit log's Merkle tree, as Certificate Transparency has it: `H(0x00 ‖ leaf)` and `H(0x01 ‖ left ‖ right)`,
 * split at the largest power of two below the size.
 *
 * @see RFC 9162 §2.1
 */
const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);
const emptyRoot = sha256(Uint8Array.of());

export function auditLeafHash(leaf: Uint8Array): Buffer {
  return sha256(leafPrefix, leaf);
}

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256(nodePrefix, left, right);
}

/** A tree that only grows: it keeps the roots of its full subtrees, at most 53 hashes, and no leaf. */
export class AuditTree {
  #size = 0;
  /** One root per bit of the size that is set, largest subtree first. */
  #frontier: Uint8Array[] = [];

  /** @throws {CryptoError} `E_FORMAT` unless there is one hash of 32 bytes per bit of the size. */
  static resume(size: number, frontier: readonly Uint8Array[]): AuditTree {
    const ones = size.toString(2).replaceAll("0", "").length;
    const isSize = Number.isSafeInteger(size) && size >= 0;
    if (!isSize || frontier.length !== ones || frontier.some((hash) => hash.length !== 32)) {
      throw new CryptoError("E_FORMAT", "the hashes of an audit tree do not fit its size");
    }
    const tree = new AuditTree();
    tree.#size = size;
    tree.#frontier = [...frontier];
    return tree;
  }

  get size(): number {
    return this.#size;
  }

  get frontier(): readonly Uint8Array[] {
    return this.#frontier;
  }

  append(leafHash: Uint8Array): void {
    let hash = leafHash;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      hash = nodeHash(this.#frontier.pop() as Uint8Array, hash);
    }
    this.#frontier.push(hash);
    this.#size += 1;
  }

  root(): Buffer {
    const last = this.#frontier.at(-1);
    if (last === undefined) return Buffer.from(emptyRoot);
    return Buffer.from(this.#frontier.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last));
  }

  copy(): AuditTree {
    return AuditTree.resume(this.#size, this.#frontier);
  }
}

/** The hashes that lead from leaf `index` to the root of all these leaves. @see RFC 9162 §2.1.3.1 */
export function inclusionProof(leafHashes: readonly Uint8Array[], index: number): Uint8Array[] {
  if (!(index >= 0 && index < leafHashes.length))
    throw new RangeError(`a tree of ${leafHashes.length} has no leaf ${index}`);
  if (leafHashes.length === 1) return [];
  const split = splitOf(leafHashes.length);
  const left = leafHashes.slice(0, split);
  const right = leafHashes.slice(split);
  return index < split
    ? [...inclusionProof(left, index), rootOfHashes(right)]
    : [...inclusionProof(right, index - split), rootOfHashes(left)];
}

/** Whether the leaf stands at `index` of the tree with this size and root. @see RFC 9162 §2.1.3.2 */
export function verifyInclusion(claim: {
  index: number;
  size: number;
  leafHash: Uint8Array;
  proof: readonly Uint8Array[];
  root: Uint8Array;
}): boolean {
  let { index: place, leafHash: hash } = claim;
  if (!(place >= 0 && place < claim.size)) return false;
  let last = claim.size - 1;
  for (const sibling of claim.proof) {
    if (last === 0) return false;
    if (isOdd(place) || place === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(place) && place !== 0) [place, last] = [half(place), half(last)];
    } else hash = nodeHash(hash, sibling);
    [place, last] = [half(place), half(last)];
  }
  return last === 0 && Buffer.compare(hash, claim.root) === 0;
}

/** The hashes that show that the tree of the first `from` leaves is the beginning of this one. @see RFC 9162 §2.1.4.1 */
export function consistencyProof(leafHashes: readonly Uint8Array[], from: number): Uint8Array[] {
  if (!(from >= 0 && from <= leafHashes.length))
    throw new RangeError(`a tree of ${leafHashes.length} was never of size ${from}`);
  return from === 0 ? [] : subproof(leafHashes, from, true);
}

function subproof(leafHashes: readonly Uint8Array[], from: number, isWhole: boolean): Uint8Array[] {
  if (from === leafHashes.length) return isWhole ? [] : [rootOfHashes(leafHashes)];
  const split = splitOf(leafHashes.length);
  const left = leafHashes.slice(0, split);
  const right = leafHashes.slice(split);
  return from <= split
    ? [...subproof(left, from, isWhole), rootOfHashes(right)]
    : [...subproof(right, from - split, false), rootOfHashes(left)];
}

/** Whether the tree of size `to` begins with the one of size `from`. @see RFC 9162 §2.1.4.2 */
export function verifyConsistency(claim: {
  from: number;
  to: number;
  fromRoot: Uint8Array;
  toRoot: Uint8Array;
  proof: readonly Uint8Array[];
}): boolean {
  const { from, to, fromRoot, toRoot, proof } = claim;
  if (!(from >= 0 && from <= to)) return false;
  if (from === to) return proof.length === 0 && Buffer.compare(fromRoot, toRoot) === 0;
  if (from === 0) return proof.length === 0 && Buffer.compare(fromRoot, emptyRoot) === 0;
  let [place, last] = [from - 1, to - 1];
  while (isOdd(place)) [place, last] = [half(place), half(last)];
  // A full subtree is its own first hash; then the proof leaves it out.
  const [start, ...rest] = place === 0 ? [fromRoot, ...proof] : proof;
  if (start === undefined) return false;
  let [before, after] = [start, start];
  for (const hash of rest) {
    if (last === 0) return false;
    if (isOdd(place) || place === last) {
      before = nodeHash(hash, before);
      after = nodeHash(hash, after);
      while (!isOdd(place) && place !== 0) [place, last] = [half(place), half(last)];
    } else after = nodeHash(after, hash);
    [place, last] = [half(place), half(last)];
  }
  return last === 0 && Buffer.compare(before, fromRoot) === 0 && Buffer.compare(after, toRoot) === 0;
}

function rootOfHashes(leafHashes: readonly Uint8Array[]): Buffer {
  const tree = new AuditTree();
  for (const hash of leafHashes) tree.append(hash);
  return tree.root();
}

/** The largest power of two below `size`. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

// Sizes go up to 2^53: bit operations would cut them at 32 bits.
function isOdd(number: number): boolean {
  return number % 2 === 1;
}

function half(number: number): number {
  return Math.floor(number / 2);
}
