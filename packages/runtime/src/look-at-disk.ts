import { closeSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fail, type Outcome, ok, warn } from "@halfkey/diagnosis";

const fewBytes = 256 * 1024 * 1024;
const fewFiles = 1000;

/** Whether a folder's disk takes what is written, and for how long: by writing a block, and by what is free. */
export function lookAtDisk(folder: string): Outcome {
  const { bavail, bsize, blocks, ffree, files } = statfsSync(folder);
  const free = bavail * bsize;
  const seen = `${bytesText(free)} of ${bytesText(blocks * bsize)} free`;
  const code = writeFailure(join(folder, `.doctor.${process.pid}.tmp`));
  if (code !== undefined) return fail("disk-full", `nothing can be written to ${folder} (${code}), ${seen}`);
  // Some file systems do not count files.
  if (files > 0 && ffree < fewFiles)
    return warn(`${seen}, but only ${ffree} more files fit`, "remove what has many small files");
  return free < fewBytes ? warn(seen, "free space before it is full") : ok(seen);
}

function writeFailure(file: string): string | undefined {
  try {
    const handle = openSync(file, "wx", 0o600);
    try {
      writeSync(handle, Buffer.alloc(4096));
      fsyncSync(handle);
      return undefined;
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unknown";
  } finally {
    rmSync(file, { force: true });
  }
}

function bytesText(bytes: number): string {
  const gib = bytes / 2 ** 30;
  return gib >= 1 ? `${gib.toFixed(1)} GiB` : `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
