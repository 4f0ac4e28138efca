import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Another launcher, or a half it left behind, still works on this data directory. */
export class LockedError extends Error {}

interface Holder {
  pid: number;
  /** Tells a process from a later one with the same number. */
  started: string;
}

/** One launcher per data directory; the file also names the halves, so that a later start can wait for them. */
export interface Lock {
  add(pid: number): void;
  release(): void;
}

/**
 * Takes the lock. One left behind by a killed launcher is taken over, after its halves have ended: they
 * notice the lost parent by themselves and need a moment to close their files.
 *
 * @throws {LockedError} when a launcher runs, or its halves do not end within `waitMilliseconds`.
 */
export async function takeLock(file: string, waitMilliseconds = 15_000): Promise<Lock> {
  const deadline = Date.now() + waitMilliseconds;
  const holders: Holder[] = [identify(process.pid)];
  while (!create(file, holders)) {
    const [launcher, ...halves] = read(file);
    if (launcher && isAlive(launcher)) {
      throw new LockedError(`Halfkey already runs on this data directory (process ${launcher.pid}).
Use it, stop it (kill ${launcher.pid}), or choose another directory with --data DIR and other ports.`);
    }
    const left = halves.filter(isAlive);
    if (left.length === 0) removeStale(file);
    else if (Date.now() > deadline) {
      const pids = left.map(({ pid }) => pid).join(" ");
      throw new LockedError(`A launcher was killed and left processes behind: ${pids}.
End them (kill ${pids}), then start again.`);
    } else await sleep(100);
  }
  return {
    add(pid) {
      holders.push(identify(pid));
      writeFileSync(file, JSON.stringify(holders));
    },
    release: () => rmSync(file, { force: true }),
  };
}

function create(file: string, holders: Holder[]): boolean {
  try {
    writeFileSync(file, JSON.stringify(holders), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function read(file: string): Holder[] {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return []; // gone, or cut off by a crash: nobody holds it
  }
}

/** By rename first: of two starts that find the same stale file, one moves it and the other finds none. */
function removeStale(file: string): void {
  const mine = `${file}.${process.pid}`;
  try {
    renameSync(file, mine);
    rmSync(mine);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function isAlive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = identify(pid).started;
  return now === "" ? started === "" : now === started;
}

/** Field 22 of /proc/<pid>/stat is the start time; empty where there is no /proc, and for a zombie. */
function identify(pid: number): Holder {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { pid, started: fields[0] === "Z" ? "" : (fields[19] ?? "") };
  } catch {
    return { pid, started: "" };
  }
}
