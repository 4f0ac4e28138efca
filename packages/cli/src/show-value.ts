import type { Context } from "./command.ts";
import { printableValue } from "./printable.ts";
import { write } from "./terminal.ts";

/**
 * Writes a value to stdout: its exact bytes into a pipe or a file. On a terminal, whatever could move the cursor
 * or reorder the text is written out, unless `raw`.
 */
export async function showValue(context: Context, value: string, options: { raw: boolean }): Promise<void> {
  const { output, error } = context.terminal;
  if (!output.isTTY || options.raw) return write(output, value);
  const shown = printableValue(value);
  await write(output, shown);
  if (shown !== value) {
    await write(error, "\nhalfkey: note: control characters are written out; --raw shows them as they are\n");
  }
}
