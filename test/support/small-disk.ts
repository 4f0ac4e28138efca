import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "./processes.ts";

/** A disk of its own for a folder, which can be filled and freed while a process writes to it. */
export interface SmallDisk {
  /** From now on nothing more can be written. @param pid The process that writes. */
  fill(pid: number): void;
  /** There is room again. */
  free(pid: number): void;
  /** Removes it, with all that is on it. */
  remove(): void;
}

/** Root mounts a small file system; others bound the size of the process's files, which fails alike. */
export function smallDisk(folder: string, bytes: number): SmallDisk {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return canMount() ? mounted(folder, bytes) : limited();
}

function mounted(folder: string, bytes: number): SmallDisk {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes},mode=700`, "tmpfs", folder]);
  const filler = join(folder, "filler");
  return {
    fill() {
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(filler, Buffer.alloc(bavail * bsize));
    },
    free: () => rmSync(filler, { force: true }),
    remove: () => execFileSync("umount", [folder]),
  };
}

/** The halves take this to survive the signal that comes with a refused write. */
export const surviveFileLimits = {
  NODE_OPTIONS: "--import=data:text/javascript,process.on('SIGXFSZ',()=>{})",
};

function limited(): SmallDisk {
  const limit = (pid: number, bytes: string) =>
    execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:unlimited`]);
  return {
    fill: (pid) => limit(pid, "1"),
    free(pid) {
      if (isAlive(pid)) limit(pid, "unlimited");
    },
    remove() {},
  };
}

function canMount(): boolean {
  if (process.env.HALFKEY_TEST_NO_MOUNT === "1") return false;
  const probe = mkdtempSync(join(tmpdir(), "halfkey-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", probe], { stdio: "ignore" });
    execFileSync("umount", [probe]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true });
  }
}
