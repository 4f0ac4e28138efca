import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256, toHex } from "@halfkey/crypto";

const source = join(import.meta.dirname, "interposer.c");

/**
 * Compiles the interposer, once for each version of it.
 *
 * @returns the shared library; nothing where this system is not Linux or has no C compiler.
 * @throws {Error} where that is so and `CI` is set: there nothing is left out.
 */
export function interposer(): string | undefined {
  if (process.platform !== "linux") return undefined;
  const file = join(tmpdir(), `halfkey-interposer-${toHex(sha256(readFileSync(source))).slice(0, 16)}.so`);
  if (existsSync(file)) return file;
  const made = `${file}.${process.pid}`;
  try {
    execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", made, source, "-ldl", "-lpthread"]);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (!isMissing || process.env.CI === "true") throw error;
    return undefined;
  }
  renameSync(made, file);
  return file;
}

/** For `skip` of a test. */
export const withoutInterposer =
  interposer() === undefined ? "needs Linux and a C compiler (cc) to inject faults" : false;
