import { fdatasync } from "node:fs";

interface Waiting {
  size: number;
  resolve(): void;
  reject(error: Error): void;
}

export interface SyncedFile {
  fd(): number;
  /** How much is written: leaves. */
  size(): number;
  /** Gives the error that waiters are told. */
  onFailure(error: Error): Error;
}

/**
 * Brings what is written to the disk itself: at once when no fsync runs, and what is written meanwhile with the
 * next one. After a failure the file is in doubt, because the kernel may have dropped pages and call it clean.
 */
export class DiskSync {
  readonly #file: SyncedFile;
  #isRunning = false;
  #isDoubtful = false;
  #syncedSize = -1;
  #waiting: Waiting[] = [];

  constructor(file: SyncedFile) {
    this.#file = file;
  }

  get isDoubtful(): boolean {
    return this.#isDoubtful;
  }

  /** A new file, on the disk, whose beginning vouches for this size. */
  restart(size: number): void {
    this.#syncedSize = size;
    this.#isDoubtful = false;
  }

  /** Resolves when this much is on the disk. */
  until(size: number): Promise<void> {
    if (size <= this.#syncedSize) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ size, resolve, reject });
      this.start();
    });
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const size = this.#file.size();
    fdatasync(this.#file.fd(), (error) => {
      this.#isRunning = false;
      if (error === null) this.#done(size);
      else {
        this.#isDoubtful = true;
        const told = this.#file.onFailure(error);
        for (const { reject } of this.#waiting.splice(0)) reject(told);
      }
    });
  }

  #done(size: number): void {
    this.#syncedSize = Math.max(this.#syncedSize, size);
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((one) => one.size > this.#syncedSize);
    for (const one of waiting) if (one.size <= this.#syncedSize) one.resolve();
    if (this.#file.size() > this.#syncedSize) this.start();
  }
}
