import { PassThrough, type Readable } from "node:stream";
import { run } from "../run.ts";

export interface Invocation {
  /** Sent to stdin, which then ends; on a TTY, what somebody types. */
  input?: string | Uint8Array;
  environment?: NodeJS.ProcessEnv;
  workingDirectory?: string;
  /** Which ends are a terminal. */
  inputIsTty?: boolean;
  outputIsTty?: boolean;
  errorIsTty?: boolean;
}

export interface Outcome {
  exitCode: number;
  stdout: Buffer;
  stderr: string;
}

/** Runs one command line in this process, on streams in memory. No profile of this machine takes part. */
export async function invoke(words: string[], invocation: Invocation = {}): Promise<Outcome> {
  const input = Object.assign(new PassThrough(), { isTTY: invocation.inputIsTty === true });
  const output = Object.assign(new PassThrough(), { isTTY: invocation.outputIsTty === true });
  const error = Object.assign(new PassThrough(), { isTTY: invocation.errorIsTty === true });
  if (invocation.inputIsTty) input.write(invocation.input ?? "");
  else input.end(invocation.input);
  const [stdout, stderr] = [collect(output), collect(error)];
  const exitCode = await run(words, {
    terminal: { input, output, error },
    environment: { HALFKEY_HOME: "/nonexistent", ...invocation.environment },
    workingDirectory: invocation.workingDirectory ?? "/nonexistent",
  });
  return { exitCode, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
}

function collect(stream: Readable): Buffer[] {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk) => chunks.push(chunk));
  return chunks;
}
