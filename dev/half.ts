import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { type HalfName, programs } from "./layout.ts";

/** A log that has grown beyond this is set aside at the next start; one older log is kept. */
const logBytesMax = 16 * 1024 * 1024;
/** A half gives its own clean-up 10 s; after this it hangs and is killed. */
const stopMilliseconds = 12_000;
const readyMilliseconds = 60_000;

/** A half did not do what it should; the message tells its last words. */
export class HalfError extends Error {}

/** One running half. */
export interface Half {
  readonly name: HalfName;
  readonly pid: number;
  /** Resolves once, with how the process ended: `exit code 1`, `signal SIGKILL`. */
  readonly ended: Promise<string>;
  /** The address it announced. @throws {HalfError} if it ends first, or says nothing for a minute. */
  ready(): Promise<string>;
  /** SIGTERM, then SIGKILL if it hangs; returns when it is gone. */
  stop(): Promise<void>;
  /** The last lines that this process logged. */
  lastLines(): string;
}

/**
 * Starts `serve` of one half. The IPC channel is how a half notices that its parent was killed with -9;
 * its own process group keeps the terminal's Ctrl-C away, so that the launcher decides the order.
 */
export function startHalf(
  name: HalfName,
  args: string[],
  logFile: string,
  environment: Record<string, string> = {},
): Half {
  setAside(logFile);
  const log = openSync(logFile, "a", 0o600);
  const logStart = statSync(logFile).size;
  const child = spawn(process.execPath, [programs[name], ...args], {
    stdio: ["ignore", "pipe", log, "ipc"],
    detached: true,
    env: { ...process.env, ...environment },
  });
  closeSync(log);
  const ended = endOf(child);
  // Read on after the address too: a full pipe would block the half.
  const announced = announcement(child);
  const lastLines = () => tail(readFileSync(logFile).subarray(logStart).toString());

  return {
    name,
    pid: child.pid ?? -1,
    ended,
    lastLines,
    ready: () =>
      Promise.race([
        announced,
        ended.then((how) => {
          throw new HalfError(`the ${name} ended with ${how} before it was ready.\n${lastLines()}`);
        }),
        after(readyMilliseconds).then(() => {
          throw new HalfError(`the ${name} was not ready after a minute.\n${lastLines()}`);
        }),
      ]),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const gone = await Promise.race([ended, after(stopMilliseconds)]);
      if (gone === undefined) child.kill("SIGKILL");
      await ended;
    },
  };
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
  });
}

function announcement(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const url = line.match(/^ready (https?:\/\/\S+)$/)?.[1];
      if (url) resolve(url.replace(/\/$/, ""));
    });
  });
}

function setAside(logFile: string): void {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > logBytesMax) renameSync(logFile, `${logFile}.1`);
}

/** Waits without keeping the process alive. */
function after(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, undefined).unref());
}

/** The last lines of a log, JSON lines in short form. */
export function tail(text: string, lines = 12): string {
  const last = text.trimEnd().split("\n").slice(-lines);
  return last.map((line) => `    ${shorten(line)}`).join("\n");
}

function shorten(line: string): string {
  try {
    const { msg, code, error } = JSON.parse(line);
    const words = [msg, code];
    // An error's causes in order: the last one is mostly what the reader can change.
    for (let cause = error; cause; cause = cause.cause) words.push(cause.code, cause.message);
    const said = words.filter((word) => typeof word === "string");
    return said.length > 0 ? said.join(" · ") : line;
  } catch {
    return line;
  }
}
