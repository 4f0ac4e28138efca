import { close, ftruncate, write } from "node:fs";
import { rm } from "node:fs/promises";
import { promisify } from "node:util";
import { type AuditTree, auditLeafHash } from "@halfkey/crypto";
import { HalfkeyError, OperatorError } from "@halfkey/model";
import { type Log, writeFileDurably } from "@halfkey/runtime";
import { checkpointsFile, resumeFile, segmentFile } from "./audit-folder.ts";
import type { LogKeys, SignedSize } from "./audit-keys.ts";
import { appendCheckpoint } from "./checkpoint-file.ts";
import { DiskSync } from "./disk-sync.ts";
import { encodeFrames, frameTypes } from "./leaf-frames.ts";
import { encodeResume } from "./resume.ts";
import { createSegment, type OpenSegment } from "./segment-file.ts";

export interface AuditLogOptions {
  /** The log's own folder. */
  folder: string;
  k: number;
  keys: LogKeys;
  log: Log;
  /** Let every append wait until it is on the disk itself, not only with the operating system. */
  sync: boolean;
  segmentBytes?: number;
}

/** What a log has got when it is opened. */
export interface AuditLogState {
  tree: AuditTree;
  segment: OpenSegment;
}

interface Waiting {
  texts: readonly string[];
  time: number;
  resolve(): void;
  reject(error: Error): void;
}

const segmentBytesDefault = 64 * 1024 * 1024;
/** A group's seals hold up the process: 256 of them are 8 ms. */
const leavesPerWriteMax = 256;
/** A device that takes longer is stuck; whoever waits is told so. */
const blockedMs = 2000;
/** How long a failed write speaks for the next ones, so that a full disk is not asked thousands of times a second. */
const failureHoldsMs = 250;
/** A clock set back by more begins a new segment: within one, times ascend to within this. */
export const clockSlackMs = 60_000;

const truncate = promisify(ftruncate);
const closeFile = promisify(close);

/**
 * One append-only audit log, of which this process is the only writer. Appends that wait form one group, which is
 * sealed and written at once when no write is under way: no timer. An append resolves when its group's `write()`
 * has returned, so that killing the process loses nothing that was answered; losing power may, unless `sync` is
 * set. A write that fails is cut off again and its entries are refused; the next one tries anew.
 *
 * @see docs/audit.md
 */
export class AuditLog {
  readonly k: number;
  readonly keys: LogKeys;
  readonly folder: string;
  readonly #options: AuditLogOptions;
  readonly #tree: AuditTree;
  #segment: OpenSegment;
  #queue: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #failure: { at: number; error: OperatorError } | undefined;
  /** A write under way has taken too long. */
  #isBlocked = false;
  /** What a failed write may have left behind the last whole frame. */
  #hasRemains = false;
  readonly #sync: DiskSync;
  #checkpointing: Promise<unknown> = Promise.resolve();
  #checkpointedSize: number;
  #closing: Promise<void> | undefined;
  readonly #growth = new Set<() => void>();

  /** @param state See `openLog`. `checkpointedSize` is what the newest signed checkpoint covers. */
  constructor(options: AuditLogOptions, state: AuditLogState & { checkpointedSize: number }) {
    this.#options = options;
    this.k = options.k;
    this.keys = options.keys;
    this.folder = options.folder;
    this.#tree = state.tree;
    this.#segment = state.segment;
    this.#checkpointedSize = state.checkpointedSize;
    this.#sync = new DiskSync({
      fd: () => this.#segment.fd,
      size: () => this.size,
      onFailure: (error) => this.#failed(error),
    });
  }

  /** Leaves that are written. */
  get size(): number {
    return this.#tree.size;
  }

  get root(): Buffer {
    return this.#tree.root();
  }

  /** Why nothing can be written at the moment, if so. */
  get failure(): OperatorError | undefined {
    return this.#failure?.error;
  }

  /** @throws {OperatorError} `E_AUDIT` if the last write failed a moment ago: spares work that could not be answered. */
  assertWritable(): void {
    const refusal = this.#refusal();
    if (refusal !== undefined) throw refusal;
  }

  /**
   * Appends entries, in order, one after the other in the log.
   *
   * @param texts JSON objects.
   * @param time Their `t`, milliseconds since 1970.
   * @throws {OperatorError} `E_AUDIT`: none of them counts as written.
   */
  append(texts: readonly string[], time: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal();
      if (refusal !== undefined) {
        reject(refusal);
        return;
      }
      this.#queue.push({ texts, time, resolve, reject });
      this.#flushing ??= new Promise((done) => setImmediate(done)).then(() => this.#flush());
    });
  }

  /** Resolves when all that is written now is on the disk itself. @throws {OperatorError} `E_AUDIT` */
  sync(): Promise<void> {
    return this.#sync.until(this.size);
  }

  /** Resolves when the log has grown, or `milliseconds` are over, or it is closed. */
  async growth(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#growth.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      this.#growth.add(wake);
    });
  }

  /** Ends the waiting of {@link growth}. */
  wakeAll(): void {
    for (const wake of [...this.#growth]) wake();
  }

  /**
   * Signs how far the log reaches, if it has grown since the last time, and what is on the disk by then. Gives the
   * newest signed size.
   */
  checkpoint(): Promise<SignedSize> {
    const next = this.#checkpointing.catch(() => {}).then(() => this.#checkpoint());
    this.#checkpointing = next;
    return next;
  }

  /** Writes what waits, signs a last checkpoint, and refuses all further appends. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#flushing;
    try {
      await this.checkpoint();
    } catch (error) {
      this.#options.log.warn(
        { error: error as Error },
        "the audit log's last checkpoint could not be written",
      );
    }
    this.wakeAll();
    // An fsync under way must not meet a closed file, whose number the next file would get.
    await this.sync().catch(() => {});
    await closeFile(this.#segment.fd);
  }

  #refusal(): OperatorError | undefined {
    if (this.#closing !== undefined)
      return new OperatorError("E_AUDIT", "the audit log is closed: this gateway is stopping");
    if (this.#isBlocked) return blocked();
    if (this.#failure === undefined || performance.now() - this.#failure.at > failureHoldsMs)
      return undefined;
    return this.#failure.error;
  }

  async #flush(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#takeGroup();
      const timer = setTimeout(() => {
        this.#isBlocked = true;
        this.#reject(group, blocked());
      }, blockedMs);
      try {
        await this.#makeReady(group);
        await this.#write(group);
        this.#recovered();
        const size = this.size;
        if (this.#options.sync)
          for (const { resolve, reject } of group) this.#sync.until(size).then(resolve, reject);
        else for (const { resolve } of group) resolve();
        this.#sync.start();
        this.wakeAll();
      } catch (cause) {
        this.#reject(group, this.#failed(cause));
      }
      clearTimeout(timer);
      this.#isBlocked = false;
    }
    // In the same breath as the last look at the queue: an append in between would wait for ever.
    this.#flushing = undefined;
  }

  #takeGroup(): Waiting[] {
    let leaves = 0;
    const count = this.#queue.findIndex(({ texts }) => {
      leaves += texts.length;
      return leaves > leavesPerWriteMax;
    });
    // At least one, however large.
    return this.#queue.splice(0, count === -1 ? this.#queue.length : Math.max(count, 1));
  }

  /** Everything that waits shares a failure: each would only find the same. */
  #reject(group: Waiting[], error: Error): void {
    for (const { reject } of [...group, ...this.#queue.splice(0)]) reject(error);
  }

  async #makeReady(group: Waiting[]): Promise<void> {
    const { segmentBytes = segmentBytesDefault } = this.#options;
    if (this.#hasRemains) {
      await truncate(this.#segment.fd, this.#segment.length);
      this.#hasRemains = false;
    }
    const earliest = group.reduce((least, { time }) => Math.min(least, time), Number.POSITIVE_INFINITY);
    const clockWentBack = earliest < this.#segment.lastTime - clockSlackMs;
    if (this.#segment.length >= segmentBytes || clockWentBack || this.#sync.isDoubtful)
      await this.#beginSegment(earliest);
  }

  async #beginSegment(time: number): Promise<void> {
    const before = this.#segment;
    // An empty segment has this very name already: its time is all that is wrong with it.
    if (before.first === this.size && !this.#sync.isDoubtful) {
      before.lastTime = time;
      return;
    }
    if (!this.#sync.isDoubtful) await this.sync();
    else if (before.first === this.size)
      await rm(segmentFile(this.#options.folder, before.first), { force: true });
    const head = { first: this.size, time, tree: this.#tree.copy() };
    this.#segment = await createSegment(this.#options.folder, head, this.keys);
    if (this.#sync.isDoubtful)
      this.#options.log.warn({ k: this.k, leaf: this.size }, "audit log: went on in a new segment");
    this.#sync.restart(this.size);
    await closeFile(before.fd);
  }

  async #write(group: Waiting[]): Promise<void> {
    const leaves: Buffer[] = [];
    for (const { texts } of group) {
      for (const text of texts) leaves.push(this.keys.seal(this.size + leaves.length, text));
    }
    const bytes = encodeFrames(frameTypes.leaf, leaves);
    const writing = writeAll(this.#segment.fd, bytes);
    // While the kernel copies.
    const hashes = leaves.map(auditLeafHash);
    try {
      await writing;
    } catch (error) {
      this.#hasRemains = true;
      await truncate(this.#segment.fd, this.#segment.length).then(
        () => {
          this.#hasRemains = false;
        },
        () => {},
      );
      throw error;
    }
    for (const hash of hashes) this.#tree.append(hash);
    this.#segment.length += bytes.length;
    for (const { time } of group) this.#segment.lastTime = Math.max(this.#segment.lastTime, time);
  }

  #failed(cause: unknown): Error {
    if (cause instanceof HalfkeyError) return cause;
    const { code } = cause as NodeJS.ErrnoException;
    // A defect, such as an entry too long to be one, says nothing of the disk.
    if (code === undefined) return cause as Error;
    const error = new OperatorError("E_AUDIT", `the audit log cannot be written (${code})`, { cause });
    if (this.#failure === undefined)
      this.#options.log.error({ error, k: this.k }, "audit log: cannot be written; reads stop");
    this.#failure = { at: performance.now(), error };
    return error;
  }

  #recovered(): void {
    if (this.#failure === undefined || this.#sync.isDoubtful) return;
    this.#failure = undefined;
    this.#options.log.warn({ k: this.k, leaf: this.size }, "audit log: can be written again");
  }

  async #checkpoint(): Promise<SignedSize> {
    const tree = this.#tree.copy();
    const { first, length, lastTime } = this.#segment;
    const signed = { size: tree.size, root: tree.root() };
    if (tree.size === this.#checkpointedSize) return signed;
    // What is signed must survive a loss of power: a log shorter than its own checkpoint counts as cut off.
    await this.#sync.until(tree.size);
    const note = this.keys.sign(signed);
    await appendCheckpoint(checkpointsFile(this.#options.folder, first), note);
    await writeFileDurably(
      resumeFile(this.#options.folder),
      encodeResume({ first, length, lastTime, tree, note }),
    );
    this.#checkpointedSize = tree.size;
    return signed;
  }
}

function writeAll(fd: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (from: number): void => {
      write(fd, bytes, from, bytes.length - from, null, (error, written) => {
        if (error !== null) reject(error);
        else if (from + written < bytes.length) next(from + written);
        else resolve();
      });
    };
    next(0);
  });
}

function blocked(): OperatorError {
  return new OperatorError("E_AUDIT", "the audit log's device does not answer");
}
