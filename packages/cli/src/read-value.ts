import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { CliError } from "./cli-error.ts";
import type { Context } from "./command.ts";
import { askSecret, write } from "./terminal.ts";

/** Far above what a gateway accepts (1 MiB): its own refusal is the better one to read. */
const inputBytesMax = 8 * 1024 * 1024;

/** Where a command's options say that the value is. */
export interface ValueSource {
  /** `-v`: taken as it stands, whatever it looks like. */
  literal: string | undefined;
  /** `--value-file`: a path, or `-` for stdin. */
  file: string | undefined;
}

/**
 * The value to store: from `-v`, a file, a pipe, or a question without echo. Bytes are kept as they are; only
 * an empty input is refused, because it mostly comes from a command that failed before the pipe.
 *
 * @throws {CliError}
 */
export async function readValue(context: Context, source: ValueSource): Promise<string> {
  const { terminal } = context;
  // The curl command has a variable in its place.
  if (context.globals["output-curl"]) return "";
  if (source.literal !== undefined) {
    if (source.file !== undefined) throw new CliError("give -v or --value-file, not both");
    const warning = "halfkey: warning: other users can see the value in the process list; pipe it instead\n";
    await write(terminal.error, warning);
    return source.literal;
  }
  const fromStdin = source.file === undefined || source.file === "-";
  if (fromStdin && terminal.input.isTTY) return askSecret(terminal, "Value (not shown): ");

  const place = fromStdin ? "stdin" : (source.file ?? "");
  const stream = fromStdin ? terminal.input : createReadStream(resolve(context.workingDirectory, place));
  const value = decode(await readAll(stream, place), place);
  if (value === "") {
    throw new CliError("the value is empty", {
      where: place,
      next: "to store an empty value on purpose: -v ''",
    });
  }
  if (/^[^\n]*\n$/.test(value)) {
    const note = "halfkey: note: the value ends with a line break (`echo` adds one; `printf %s` does not)\n";
    await write(terminal.error, note);
  }
  return value;
}

/** A secret of the caller's own, such as an access key: one line, its end cut. @throws {CliError} */
export async function readKey(context: Context, file: string): Promise<string> {
  const stream =
    file === "-" ? context.terminal.input : createReadStream(resolve(context.workingDirectory, file));
  const key = decode(await readAll(stream, file === "-" ? "stdin" : file), file).trim();
  if (key === "" || key.includes("\n"))
    throw new CliError("the access key is one line of text", { where: file });
  return key;
}

async function readAll(stream: Readable, place: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      const buffer = Buffer.from(chunk);
      bytes += buffer.length;
      if (bytes > inputBytesMax) {
        throw new CliError("the value is too long; a gateway takes 1 MiB", { where: place });
      }
      chunks.push(buffer);
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`cannot be read (${(error as NodeJS.ErrnoException).code})`, { where: place });
  }
  return Buffer.concat(chunks);
}

/** The API carries text; bytes that are none would come back altered. A byte-order mark is part of the value. */
function decode(bytes: Buffer, place: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CliError("the value is not UTF-8 text, which is all that the API carries", {
      where: place,
      next: "store it as base64: base64 -w0 FILE | halfkey put PATH, and decode it where it is used",
    });
  }
}
