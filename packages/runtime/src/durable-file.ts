import { closeSync, openSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Writes a file so that a crash leaves either the old or the new content, and the new one once this resolves:
 * a temporary file in the same folder, fsync, rename, fsync of the folder.
 *
 * @param options.mode Permissions of the file, 0o600 unless told otherwise; the umask does not apply.
 */
export async function writeFileDurably(
  file: string,
  data: string | Uint8Array,
  options: { mode?: number } = {},
): Promise<void> {
  const folder = dirname(file);
  const temporary = join(folder, `.${basename(file)}.${process.pid}-${nextNumber++}.tmp`);
  try {
    // 0o600 until it is complete, so that it is never readable by others with half of its content.
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(data);
      await handle.chmod(options.mode ?? 0o600);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

let nextNumber = 0;

/** Creates an empty file with mode 0600, or opens the existing one unchanged: for programs that make their own with a looser mode. */
export function makePrivateFile(file: string): void {
  closeSync(openSync(file, "a", 0o600));
}
