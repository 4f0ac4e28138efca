import { statSync } from "node:fs";
import { join } from "node:path";
import { fail, type Outcome, ok, warn } from "@halfkey/diagnosis";

/**
 * Whether a data folder and the secret files in it are for their owner alone.
 *
 * @param secretFiles Below the folder; those that are absent are not looked at.
 */
export function lookAtFolder(folder: string, secretFiles: readonly string[]): Outcome | Outcome[] {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isDirectory())
    return fail("settings", `there is no folder ${folder}`, "give the right folder with --data");
  if ((stat.mode & 0o022) !== 0) {
    const seen = `${folder} can be written by others (mode ${octal(stat.mode)})`;
    return fail("file-modes", seen, `chmod 700 ${folder}`);
  }
  const own = process.getuid?.();
  if (own !== undefined && own !== 0 && stat.uid !== own)
    return warn(
      `${folder} belongs to user ${stat.uid}, and this is user ${own}`,
      "run this as the user of the half",
    );
  const open = secretFiles
    .map((file) => join(folder, file))
    .filter((file) => ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0);
  if (open.length === 0) return ok(`${folder}, for its owner only`);
  return open.map((file) =>
    fail(
      "file-modes",
      `${file} can be read by others (mode ${octal(statSync(file).mode)})`,
      `chmod 600 ${file}`,
    ),
  );
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, "0");
}
