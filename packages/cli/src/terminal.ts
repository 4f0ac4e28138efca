import type { Readable, Writable } from "node:stream";
import { CliError } from "./cli-error.ts";

/** Where a command reads and writes. Results go to `output`; whatever is for a human only goes to `error`. */
export interface Terminal {
  input: Readable & { isTTY?: boolean };
  output: Writable & { isTTY?: boolean };
  error: Writable & { isTTY?: boolean };
}

/** Resolves when the stream has taken it. A reader that has enough (`| head`) is no failure. */
export function write(stream: Writable, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(data, (error) => {
      if (error && (error as NodeJS.ErrnoException).code !== "EPIPE") reject(error);
      else resolve();
    });
  });
}

/** Asks without echo. @throws {CliError} if there is nobody to ask, or the answer is Ctrl-C. */
export async function askSecret(terminal: Terminal, question: string): Promise<string> {
  const { Writable } = await import("node:stream");
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await write(terminal.error, question);
  const answer = await ask(terminal, nowhere, "");
  await write(terminal.error, "\n");
  return answer;
}

/** Asks with echo. @throws {CliError} if the answer is Ctrl-C. */
export function askText(terminal: Terminal, question: string): Promise<string> {
  return ask(terminal, terminal.error, question);
}

/** @returns whether the answer was yes; anything but `y` or `yes` is no. */
export async function confirm(terminal: Terminal, question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await ask(terminal, terminal.error, `${question} [y/N] `)).trim());
}

async function ask(terminal: Terminal, output: Writable, question: string): Promise<string> {
  const { createInterface } = await import("node:readline/promises");
  const dialogue = createInterface({
    input: terminal.input,
    output,
    terminal: terminal.input.isTTY === true,
  });
  const cancelled = new Promise<never>((_resolve, reject) => {
    dialogue.once("close", () => reject(new CliError("cancelled")));
  });
  try {
    return await Promise.race([dialogue.question(question), cancelled]);
  } finally {
    dialogue.close();
  }
}
