import { type ChildProcess, execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

const main = join(import.meta.dirname, "main.ts");

export interface Answer {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs `halfkey-vault` with these arguments to its end. */
export function runVault(...args: string[]): Promise<Answer> {
  return runWrapped([], ...args);
}

/** @param wrap A command that runs the program given as its last arguments. */
export function runWrapped(wrap: string[], ...args: string[]): Promise<Answer> {
  const [program = "", ...rest] = [...wrap, process.execPath, main, ...args];
  return new Promise((resolve) => {
    execFile(program, rest, { timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

/** `halfkey-vault serve` as a process. */
export class ServingVault {
  readonly child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.child = child;
    this.url = url;
  }

  /** @param wrap A command that runs the program given as its last arguments. */
  static async start(
    data: string,
    args: string[] = ["--no-tls"],
    wrap: string[] = [],
  ): Promise<ServingVault> {
    const [program = process.execPath, ...rest] = [
      ...wrap,
      process.execPath,
      main,
      "serve",
      "--data",
      data,
      "--port",
      "0",
    ];
    const child = spawn(program, [...rest, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let complaints = "";
    child.stderr.on("data", (chunk) => {
      complaints += chunk;
    });
    const url = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once("line", (line) => resolve(line.replace(/^ready /, "")));
      child.once("exit", (code) => reject(new Error(`the vault ended with ${code}: ${complaints}`)));
    });
    return new ServingVault(child, url);
  }

  /** @returns the exit code, or null if the signal ended it. */
  end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null)
      return Promise.resolve(this.child.exitCode);
    const ended = new Promise<number | null>((resolve) => this.child.once("exit", (code) => resolve(code)));
    this.child.kill(signal);
    return ended;
  }
}
