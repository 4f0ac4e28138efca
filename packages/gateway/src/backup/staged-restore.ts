import { existsSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { JournalEntry, JournalState } from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import { writeFileDurably } from "@halfkey/runtime";
import { fragmentFileIn } from "../fragment/fragment-file.ts";
import { encodeFrame, frameTypes } from "../state/frames.ts";
import { journalFileIn, snapshotFileIn } from "../state/local-state.ts";
import { saveCheckpoint } from "../state/snapshot.ts";

/** What a verified bundle said, for the steps behind it. */
export interface RestorePlan {
  bundle: string;
  account: string;
  instance: string;
  fragment: string;
  genesis16: string;
  seq: number;
  /** Hex. */
  head: string;
  /** The highest seq that names of backups tell of. */
  highestSeq: number;
  records: number;
}

const flushBytes = 1024 * 1024;
const planName = "restore.json";

/**
 * A restore on its way, in a folder of its own within the data folder. The sealed fragment file is what makes a
 * gateway of a folder: it is written last here, and moved last to its place, so a run that was cut off at any point
 * can be done again.
 */
export class StagedRestore {
  readonly folder: string;
  readonly #data: string;

  constructor(data: string) {
    this.#data = data;
    this.folder = join(data, "restoring");
  }

  /** Whether the backup was read and verified by an earlier run, which needs neither it nor the shares again. */
  get isVerified(): boolean {
    return existsSync(fragmentFileIn(this.folder));
  }

  /** @throws {OperatorError} `E_CHECK` for a folder that holds a gateway. */
  requireRoom(): void {
    const isTaken =
      existsSync(fragmentFileIn(this.#data)) || (!this.isVerified && existsSync(journalFileIn(this.#data)));
    if (isTaken)
      throw new OperatorError(
        "E_CHECK",
        `folder ${this.#data} holds a gateway already: restore into an empty one, or move the old files away`,
      );
  }

  async plan(): Promise<RestorePlan> {
    return JSON.parse(await readFile(join(this.folder, planName), "utf8")) as RestorePlan;
  }

  /** Begins anew: what an unfinished run has left is worth nothing. */
  async begin(): Promise<StagedJournal> {
    await rm(this.folder, { recursive: true, force: true });
    await mkdir(this.folder, { mode: 0o700 });
    return StagedJournal.create(journalFileIn(this.folder));
  }

  async keep(
    plan: RestorePlan,
    state: JournalState,
    stateKey: Uint8Array,
    files: Record<string, string>,
  ): Promise<void> {
    await saveCheckpoint(snapshotFileIn(this.folder), stateKey, state);
    for (const [name, content] of Object.entries(files))
      await writeFileDurably(join(this.folder, name), content);
    await writeFileDurably(join(this.folder, planName), `${JSON.stringify(plan)}\n`);
  }

  /** Puts everything in its place; may be repeated. From its last step on the folder is a gateway's. */
  async commit(): Promise<void> {
    const fragment = fragmentFileIn("");
    const names = (await readdir(this.folder)).filter((name) => name !== planName && name !== fragment);
    for (const name of names) await rename(join(this.folder, name), join(this.#data, name));
    await syncFolder(this.#data);
    await rename(fragmentFileIn(this.folder), fragmentFileIn(this.#data));
    await syncFolder(this.#data);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The journal file of a restored gateway, written as the backup is read. */
export class StagedJournal {
  readonly #handle: FileHandle;
  #pieces: Buffer[] = [];
  #pending = 0;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async create(file: string): Promise<StagedJournal> {
    return new StagedJournal(await open(file, "wx", 0o600));
  }

  entry(entry: JournalEntry): Promise<void> | undefined {
    return this.#add(encodeFrame(frameTypes.entry, entry.bytes));
  }

  record(id: Buffer, sealed: Buffer): Promise<void> | undefined {
    return this.#add(encodeFrame(frameTypes.record, id, sealed));
  }

  /** Durable when it resolves. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#handle.sync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  #add(frame: Buffer): Promise<void> | undefined {
    this.#pieces.push(frame);
    this.#pending += frame.length;
    return this.#pending < flushBytes ? undefined : this.#flush();
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#pending = 0;
    await this.#handle.writeFile(bytes);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
