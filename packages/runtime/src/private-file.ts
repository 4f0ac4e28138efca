import { constants, mkdirSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { OperatorError } from "@halfkey/model";

/**
 * Makes a folder, and those above it, for this user alone (mode 0700).
 *
 * @throws {OperatorError} E_CHECK where something else stands there, or others may write into it: they could
 * swap the files in it, whatever the mode of those.
 */
export function makePrivateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new OperatorError(
      "E_CHECK",
      `folder ${folder} cannot be made (${code}): name another one, or make it for this user`,
      { cause },
    );
  }
  const { mode } = statSync(folder);
  if ((mode & 0o022) !== 0) {
    throw new OperatorError(
      "E_CHECK",
      `folder ${folder} can be written by others (mode ${octal(mode)}): run chmod 700 ${folder}`,
    );
  }
}

const fileBytesMax = 64 * 1024 * 1024;

/**
 * Reads a file that holds a secret.
 *
 * @throws {OperatorError} E_CHECK where the file is missing, no regular file, longer than 64 MiB, or readable by
 * anyone but its owner.
 */
export async function readPrivateFile(file: string): Promise<Buffer> {
  // Not blocking: opening a named pipe would wait for a writer, for ever.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "ENOENT" ? "does not exist" : `cannot be opened (${cause.code})`;
      throw new OperatorError("E_CHECK", `file ${file} ${why}`, { cause });
    },
  );
  try {
    // Of the opened file and not of the name, which may stand for another file by now.
    const { mode, size } = await handle.stat().then((stat) => {
      if (!stat.isFile()) throw new OperatorError("E_CHECK", `${file} is no regular file`);
      return stat;
    });
    if ((mode & 0o077) !== 0) {
      throw new OperatorError(
        "E_CHECK",
        `file ${file} can be read by others (mode ${octal(mode)}): run chmod 600 ${file}`,
      );
    }
    if (size > fileBytesMax) throw new OperatorError("E_CHECK", `file ${file} is too large (${size} bytes)`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, "0");
}
