import type { Context } from "./command.ts";
import { printableJson } from "./printable.ts";
import { write } from "./terminal.ts";

/** One result in every form that its command prints. */
export interface Result {
  /** For json and yaml. The shape is stable: fields are added, never renamed. */
  data: unknown;
  /** For people: whole lines, already harmless to a terminal. */
  text: string;
  /** For a shell, if the command prints raw: the bare thing. */
  raw?: string;
}

/** Writes a result to stdout in the format of this invocation. */
export async function show({ format, terminal }: Context, { data, text, raw }: Result): Promise<void> {
  if (format === "json") return write(terminal.output, `${printableJson(data)}\n`);
  if (format === "yaml") {
    const { yamlText } = await import("./yaml-text.ts");
    return write(terminal.output, yamlText(data));
  }
  await write(terminal.output, format === "raw" && raw !== undefined ? raw : text);
}
