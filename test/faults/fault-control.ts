import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interposer } from "./interposer.ts";

/** What happens at the step; the order is that of interposer.c. */
export const faultKinds = [
  "none",
  /** The process is killed just before, or just after. */
  "kill-before",
  "kill-after",
  /** The call fails, with {@link Fault.error}. */
  "fail",
  /** Only the beginning of what is written arrives, and the process is killed. */
  "tear",
  /** The power goes: of what was not synced some of the earliest is left, or any of it in any order. */
  "lose",
  "reorder",
  /** The process is suspended. */
  "stop",
] as const;
export type FaultKind = (typeof faultKinds)[number];

export const errors = { ENOSPC: 28, EIO: 5, EROFS: 30, EMFILE: 24, ECONNRESET: 104 } as const;
export type FaultError = keyof typeof errors;

export const stepClasses = { write: 1, sync: 2, name: 4, truncate: 8, network: 16, read: 32 } as const;
export type StepClass = keyof typeof stepClasses;
export const diskSteps: readonly StepClass[] = ["write", "sync", "name", "truncate"];
export const durableSteps: readonly StepClass[] = [...diskSteps, "network"];

export interface Fault {
  kind: FaultKind;
  /** From 1. */
  at: number;
  /** Of how many steps; default 1. */
  lasting?: number;
  error?: FaultError;
  /** Decides what is torn or lost. */
  seed?: number;
}

const bytes = 304;
const places = {
  steps: 0,
  at: 8,
  kind: 16,
  lasting: 20,
  clock: 24,
  classes: 32,
  error: 36,
  seed: 40,
} as const;
const hitsAt = 48;
const whatAt = 56;
const countsAt = 256;

/** How many steps of these classes there were. */
export function stepsIn(counts: Record<StepClass, number>, classes: readonly StepClass[]): number {
  return classes.reduce((sum, one) => sum + counts[one], 0);
}

/** The page that one process with the interposer shares with its test; it may be written at any time. */
export class FaultControl {
  readonly #file = join(tmpdir(), `halfkey-faults-${process.pid}-${nextNumber++}`);
  readonly #fd = openSync(this.#file, "wx+", 0o600);

  constructor() {
    writeSync(this.#fd, Buffer.alloc(bytes));
  }

  /** For the process whose files below `root` count. */
  environment(root: string): Record<string, string> {
    return {
      LD_PRELOAD: interposer() ?? "",
      HALFKEY_FAULTS_CONTROL: this.#file,
      HALFKEY_FAULTS_ROOT: root,
      // Its calls would pass the C library by.
      UV_USE_IO_URING: "0",
    };
  }

  /** Counts anew, and faults when it comes to that step. */
  arm(fault: Fault, classes: readonly StepClass[] = durableSteps): void {
    this.lift();
    const page = Buffer.alloc(8);
    const put = (place: number, length: number, write: () => void) => {
      page.fill(0);
      write();
      writeSync(this.#fd, page, 0, length, place);
    };
    put(places.steps, 8, () => page.writeBigUInt64LE(0n));
    writeSync(this.#fd, Buffer.alloc(48), 0, 48, countsAt);
    put(hitsAt, 8, () => page.writeBigUInt64LE(0n));
    writeSync(this.#fd, Buffer.alloc(200), 0, 200, whatAt);
    put(places.kind, 4, () => page.writeUInt32LE(faultKinds.indexOf(fault.kind)));
    put(places.lasting, 4, () => page.writeUInt32LE(fault.lasting ?? 1));
    put(places.error, 4, () => page.writeUInt32LE(errors[fault.error ?? "EIO"]));
    put(places.seed, 8, () => page.writeBigUInt64LE(BigInt(fault.seed ?? 0)));
    const mask = classes.reduce((sum, one) => sum | stepClasses[one], 0);
    put(places.classes, 4, () => page.writeUInt32LE(mask));
    put(places.at, 8, () => page.writeBigUInt64LE(BigInt(fault.at)));
  }

  /** From now on everything works. */
  lift(): void {
    writeSync(this.#fd, Buffer.alloc(8), 0, 8, places.at);
  }

  /** Sets the process's time of day off by this much, milliseconds. */
  shiftClock(milliseconds: number): void {
    const page = Buffer.alloc(8);
    page.writeBigInt64LE(BigInt(milliseconds));
    writeSync(this.#fd, page, 0, 8, places.clock);
  }

  /** Steps of each class since it was armed. */
  get counts(): Record<StepClass, number> {
    const classes = Object.keys(stepClasses) as StepClass[];
    const counts = classes.map((one) => [one, this.#read(countsAt + 8 * Math.log2(stepClasses[one]))]);
    return Object.fromEntries(counts);
  }

  /** Faults done since it was armed. */
  get hits(): number {
    return this.#read(hitsAt);
  }

  /** The first step that met a fault, such as `fdatasync journal`. */
  get what(): string {
    const text = Buffer.alloc(200);
    readSync(this.#fd, text, 0, 200, whatAt);
    return text.subarray(0, text.indexOf(0)).toString();
  }

  close(): void {
    closeSync(this.#fd);
    rmSync(this.#file, { force: true });
  }

  #read(place: number): number {
    const page = Buffer.alloc(8);
    readSync(this.#fd, page, 0, 8, place);
    return Number(page.readBigUInt64LE());
  }
}

let nextNumber = 0;
