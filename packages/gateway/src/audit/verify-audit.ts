import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { AuditTree, auditLeafHash, CryptoError, equalConstantTime, fromBase64Url } from "@halfkey/crypto";
import { type AuditArchive, openForReading, type Segment } from "./audit-archive.ts";
import { checkpointsFile } from "./audit-folder.ts";
import type { LogKeys, SignedSize } from "./audit-keys.ts";
import { readCheckpoints } from "./checkpoint-file.ts";
import type { Anchor } from "./choose-log.ts";
import { frameTypes } from "./leaf-frames.ts";
import { keepMs } from "./prune-audit.ts";
import { scanFrames } from "./scan-frames.ts";
import type { AuditPosition } from "./search-audit.ts";
import { readSegmentHead } from "./segment-file.ts";

export interface AuditProblem {
  k: number;
  /** The first leaf that is bad or missing; where only a stretch is known to hold one, its first. */
  index: number;
  file: string;
  /** Byte of the file, where the damage has one. */
  offset?: number;
  what: string;
}

export interface SegmentVerdict {
  k: number;
  first: number;
  /** Leaves that were read and hashed. */
  leaves: number;
  /** Signed checkpoints that were compared. */
  checkpoints: number;
  /** Leaves sealed with an epoch that is not loaded here: in the tree, but not opened. */
  unopened: number;
  problem: AuditProblem | undefined;
  next: AuditPosition | undefined;
}

/** What the rest of the gateway knows of the log that is being written. */
export interface KnownLog {
  k: number;
  size: number;
  root: Buffer;
  anchor: Anchor | undefined;
}

const leavesPerTurn = 64;

/**
 * Recomputes one segment from its sealed leaves and holds it against everything that is signed or known elsewhere:
 * its own head, each checkpoint, the next segment's head, the record in the journal, the tree in memory. Every
 * leaf is opened too, which tells an altered, moved or foreign one by its place.
 *
 * @param from Nothing: the oldest.
 */
export async function verifySegment(
  archive: AuditArchive,
  known: KnownLog,
  from: AuditPosition | undefined,
): Promise<SegmentVerdict | undefined> {
  const segments = await archive.segments();
  const at =
    from === undefined ? 0 : segments.findIndex(({ k, first }) => k === from.k && first === from.index);
  const segment = segments[at];
  if (segment === undefined) return undefined;
  const next = segments[at + 1];
  const run = new Verification(archive, known, segment, next?.k === segment.k ? next : undefined);
  const isOldest = segments[at - 1]?.k !== segment.k;
  const problem = await run.run(isOldest);
  return {
    k: segment.k,
    first: segment.first,
    leaves: run.leaves,
    checkpoints: run.checkpoints,
    unopened: run.unopened,
    problem,
    next: next === undefined ? undefined : { k: next.k, index: next.first },
  };
}

class Verification {
  leaves = 0;
  checkpoints = 0;
  unopened = 0;
  readonly #known: KnownLog;
  readonly #segment: Segment;
  readonly #following: Segment | undefined;
  readonly #keys: LogKeys;
  readonly #keysOf: AuditArchive["keysOf"];
  #tree = new AuditTree();
  /** The largest size up to which the leaves are those that were signed. */
  #goodSize = 0;
  #signed: SignedSize[] = [];

  constructor(archive: AuditArchive, known: KnownLog, segment: Segment, following: Segment | undefined) {
    this.#known = known;
    this.#segment = segment;
    this.#following = following;
    this.#keysOf = archive.keysOf;
    this.#keys = archive.keysOf(segment.k);
  }

  async run(isOldest: boolean): Promise<AuditProblem | undefined> {
    const { file, first } = this.#segment;
    const handle = await openForReading(file);
    if (handle === undefined) return undefined;
    try {
      const begun = await this.#head(handle);
      if (typeof begun === "string") return this.#problem(first, begun, 0);
      this.#tree = begun.tree;
      this.#goodSize = first;
      return (
        (await this.#readCheckpoints()) ??
        (await this.#leaves(handle, begun.end, isOldest)) ??
        (await this.#end())
      );
    } finally {
      await handle.close();
    }
  }

  async #head(handle: FileHandle): Promise<{ tree: AuditTree; end: number } | string> {
    try {
      const found = await readSegmentHead(handle, this.#segment.first, this.#keys);
      if (typeof found === "string") return "the segment's head is damaged";
      return { tree: found.head.tree, end: found.end };
    } catch (error) {
      if (error instanceof CryptoError) return error.message;
      throw error;
    }
  }

  /** Everything signed that lies in this segment. */
  async #readCheckpoints(): Promise<AuditProblem | undefined> {
    const { file, first, k } = this.#segment;
    const notes = await readCheckpoints(checkpointsFile(dirname(file), first));
    for (const [at, note] of notes.entries()) {
      try {
        this.#signed.push(this.#keys.openCheckpoint(note));
      } catch (error) {
        if (!(error instanceof CryptoError)) throw error;
        return this.#problem(this.#goodSize, `checkpoint ${at + 1} of this segment: ${error.message}`);
      }
      if (at % leavesPerTurn === 0) await nextTurn();
    }
    this.checkpoints = notes.length;
    const { anchor, k: currentK, size, root } = this.#known;
    if (anchor !== undefined && anchor.k === k)
      this.#signed.push({ size: anchor.size, root: fromBase64Url(anchor.root) });
    if (k === currentK) this.#signed.push({ size, root });
    this.#signed.sort((a, b) => a.size - b.size);
    return undefined;
  }

  async #leaves(handle: FileHandle, from: number, isOldest: boolean): Promise<AuditProblem | undefined> {
    const { first } = this.#segment;
    const end = this.#segment.end ?? Number.POSITIVE_INFINITY;
    let problem = this.#compare();
    let at = from;
    while (problem === undefined && this.#tree.size < end) {
      let turn = 0;
      const scan = await scanFrames(handle, at, (frame) => {
        const index = this.#tree.size;
        if (frame.type !== frameTypes.leaf)
          problem = this.#problem(index, "a frame that is no leaf", frame.at);
        else {
          problem = this.#open(index, frame.payload, frame.at, isOldest && index === first && first > 0);
          if (problem !== undefined) return false;
          this.#tree.append(auditLeafHash(frame.payload));
          this.leaves += 1;
          problem = this.#compare();
        }
        at = frame.end;
        turn += 1;
        return problem === undefined && this.#tree.size < end && turn < leavesPerTurn;
      });
      if (problem !== undefined || scan.state === "stopped") {
        await nextTurn();
        continue;
      }
      // Not the frame being written at this moment: that one is behind the end.
      if (scan.state === "damaged" || scan.state === "torn")
        problem = this.#problem(this.#tree.size, "the bytes are damaged", scan.end);
      break;
    }
    return problem;
  }

  #open(index: number, sealed: Buffer, offset: number, isCut: boolean): AuditProblem | undefined {
    try {
      const { t } = this.#keys.open(index, sealed);
      // The segments before this one may be gone, but only if their time was over.
      if (isCut && Number(t) > Date.now() - keepMs)
        return this.#problem(
          index,
          "the segments before this one are missing, though they are to be kept",
          offset,
        );
      return undefined;
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      if (error.code === "E_EPOCH") {
        this.unopened += 1;
        return undefined;
      }
      const what =
        error.code === "E_KEY"
          ? "this leaf belongs to another place or log: leaves were removed, moved or put in"
          : "this leaf was altered";
      return this.#problem(index, `${what} (${error.code})`, offset);
    }
  }

  /** Against what was signed for exactly this size. */
  #compare(): AuditProblem | undefined {
    const { size } = this.#tree;
    let isSigned = false;
    for (; this.#signed[0] !== undefined && this.#signed[0].size <= size; this.#signed.shift()) {
      if (this.#signed[0].size < size) continue;
      isSigned = true;
      if (!equalConstantTime(this.#signed[0].root, this.#tree.root())) {
        const stretch = `a leaf from ${this.#goodSize} to ${size - 1}`;
        return this.#problem(this.#goodSize, `${stretch} is not the one that was written and signed`);
      }
    }
    // Only now: two signatures for one size may contradict each other.
    if (isSigned) this.#goodSize = size;
    return undefined;
  }

  async #end(): Promise<AuditProblem | undefined> {
    const { end } = this.#segment;
    const { size } = this.#tree;
    if (end !== undefined && size < end)
      return this.#problem(size, `${end - size} leaves are missing at the end of this segment`);
    const following = this.#following;
    if (following !== undefined) return this.#compareFollowing(following);
    const most = this.#signed.at(-1);
    if (most !== undefined)
      return this.#problem(size, `the log ends here, but was signed with ${most.size} leaves`);
    return undefined;
  }

  async #compareFollowing(following: Segment): Promise<AuditProblem | undefined> {
    const handle = await openForReading(following.file);
    if (handle === undefined) return undefined;
    try {
      const found = await readSegmentHead(handle, following.first, this.#keysOf(following.k));
      // A damaged head is named when that segment's turn comes.
      if (typeof found === "string" || equalConstantTime(found.head.tree.root(), this.#tree.root()))
        return undefined;
      return this.#problem(
        this.#goodSize,
        `a leaf from ${this.#goodSize} to ${this.#tree.size - 1} is not the one that the next segment was begun on`,
      );
    } catch (error) {
      if (error instanceof CryptoError) return undefined;
      throw error;
    } finally {
      await handle.close();
    }
  }

  #problem(index: number, what: string, offset?: number): AuditProblem {
    const { k, file } = this.#segment;
    return { k, index, file, what, ...(offset === undefined ? {} : { offset }) };
  }
}
