import { spawn } from "node:child_process";

export interface RunOptions {
  /** Written to the command's standard input, which is then closed. */
  readonly stdin?: string;
  /** The whole environment; this process's own if left out. */
  readonly env?: NodeJS.ProcessEnv;
  /** Shows what the command writes to standard error at once, for commands that take minutes. */
  readonly showProgress?: boolean;
}

/**
 * Runs a command and returns its standard output.
 *
 * @throws {Error} If it cannot be started or its exit status is not 0; the message holds what it wrote to standard
 * error.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(command, args, { env: options.env, stdio: ["pipe", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    if (options.showProgress) process.stderr.write(text);
  });
  // A command that ends without reading its input breaks the pipe; its exit status says what matters.
  child.stdin.on("error", () => {});
  child.stdin.end(options.stdin ?? "");
  child.on("error", reject);
  child.on("close", (status, signal) => {
    if (status === 0) resolve(stdout);
    else
      reject(new Error(`${[command, ...args].join(" ")}: ${signal ?? `status ${status}`}\n${stderr.trim()}`));
  });
  return promise;
}
