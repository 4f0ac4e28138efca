import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";

export interface CliResult {
  exitCode: number;
  stdout: Buffer;
  stderr: string;
}

const program = join(import.meta.dirname, "..", "..", "packages", "cli", "src", "main.ts");

/**
 * Runs `halfkey` as a process of its own. Of the surrounding environment only PATH is passed on, so that
 * nobody's profile or variables decide a test; name the product with `HALFKEY_DATA`.
 */
export async function runCli(
  args: string[],
  options: { env?: Record<string, string>; input?: string | Uint8Array; cwd?: string } = {},
): Promise<CliResult> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd ?? import.meta.dirname,
    env: { PATH: process.env.PATH ?? "", HALFKEY_HOME: "/nonexistent", ...options.env },
  });
  child.stdin.on("error", () => {}); // it may end without reading
  child.stdin.end(options.input);
  const ended = once(child, "close");
  const [stdout, stderr] = await Promise.all([buffer(child.stdout), buffer(child.stderr)]);
  const [exitCode] = await ended;
  return { exitCode, stdout, stderr: stderr.toString() };
}
