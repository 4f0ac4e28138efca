import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OperatorError } from "@halfkey/model";

/**
 * Lets one process at a time use a data folder: `lock` in it names the owner. A lock whose process is gone, after
 * a crash or a power cut, is taken over.
 *
 * @throws {OperatorError} E_CHECK when a live process holds it.
 */
export function lockFolder(folder: string): { release(): void } {
  const file = join(folder, "lock");
  const own = `${process.pid} ${startTimeOf(process.pid)}\n`;
  const temporary = join(folder, `.lock.${process.pid}.tmp`);
  writeFileSync(temporary, own, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      if (tryLink(temporary, file)) return { release: () => releaseLock(file, own) };
      const held = readLock(file);
      if (held === undefined) continue;
      const pid = livingOwner(held);
      if (pid !== undefined) {
        throw new OperatorError(
          "E_CHECK",
          `folder ${folder} is in use by process ${pid}: stop that one first, or give another folder`,
        );
      }
      // Moved aside and not removed: if two processes do this at once, one of the two renames fails.
      const aside = join(folder, `.lock.${process.pid}.old`);
      try {
        renameSync(file, aside);
        rmSync(aside, { force: true });
      } catch {
        // The other one was faster; the next attempt meets its lock.
      }
    }
  } finally {
    rmSync(temporary, { force: true });
  }
  throw new OperatorError("E_CHECK", `folder ${folder} is being locked by another process: try again`);
}

/** The process that uses a data folder; nothing if none does. */
export function lockHolder(folder: string): number | undefined {
  const held = readLock(join(folder, "lock"));
  return held === undefined ? undefined : livingOwner(held);
}

function livingOwner(held: string): number | undefined {
  const [pid = "", startTime = ""] = held.trim().split(" ");
  return isAlive(Number(pid), startTime) ? Number(pid) : undefined;
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function readLock(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function releaseLock(file: string, own: string): void {
  if (readLock(file) === own) rmSync(file, { force: true });
}

function isAlive(pid: number, startTime: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  // Our own number and another start: a container's first process has the same number at every start.
  if (startTime !== "-" && startTimeOf(pid) !== startTime) return false;
  if (pid === process.pid) return startTime !== "-";
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When the process began, in clock ticks since boot, with the boot's id: "-" where the system does not tell. */
function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The program's name, in parentheses, may itself hold spaces and parentheses.
    const afterName = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    return `${boot}/${afterName[19]}`;
  } catch {
    return process.platform === "linux" ? "gone" : "-";
  }
}
