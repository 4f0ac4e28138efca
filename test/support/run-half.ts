import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { type HalfName, programs } from "../../dev/layout.ts";

export interface HalfResult {
  /** `null` if it was killed. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const endMillisecondsMost = 30_000;

/**
 * Runs one command of a half as an operator would, to its end or until it is killed after `killAfterMs`.
 *
 * @throws {Error} if it does not end, as a server does that was expected to refuse.
 */
export async function runHalf(
  name: HalfName,
  args: readonly string[],
  options: {
    input?: string;
    killAfterMs?: number;
    endMilliseconds?: number;
    environment?: Record<string, string>;
  } = {},
): Promise<HalfResult> {
  const { input, endMilliseconds = endMillisecondsMost, killAfterMs = endMilliseconds } = options;
  const child = spawn(process.execPath, [programs[name], ...args], {
    env: { ...process.env, ...options.environment },
    timeout: killAfterMs,
    killSignal: "SIGKILL",
  });
  child.stdin.on("error", () => {}); // it may end without reading
  child.stdin.end(input);
  const ended = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode] = await ended;
  if (exitCode === null && options.killAfterMs === undefined) {
    throw new Error(
      `halfkey-${name} ${args[0]} has not ended within ${endMilliseconds / 1000} s:\n${stdout}${stderr}`,
    );
  }
  return { exitCode, stdout, stderr };
}
