import { CliError } from "./cli-error.ts";
import { type Command, type Format, formats } from "./command.ts";
import type { Globals } from "./globals.ts";

/**
 * `-o` and `--json` are orders, and refused where a command cannot follow. `HALFKEY_FORMAT` is a preference: a
 * command that does not print it keeps its own default.
 *
 * @throws {CliError}
 */
export function chooseFormat(command: Command, globals: Globals, environment: NodeJS.ProcessEnv): Format {
  const usual = command.formats[0] ?? "table";
  const ordered = globals.json ? "json" : globals.output;
  if (ordered !== undefined) {
    const format = command.formats.find((known) => known === ordered);
    if (format) return format;
    // Only a word that is a format is repeated: whatever else slipped in there may be a value.
    const isFormat = (formats as readonly string[]).includes(ordered);
    throw new CliError(isFormat ? `${command.name} does not print ${ordered}` : "there is no such format", {
      next: isFormat ? `use ${listed(command.formats)}` : `halfkey ${command.name} --help`,
    });
  }
  const preferred = environment.HALFKEY_FORMAT;
  if (!preferred) return usual;
  if (!(formats as readonly string[]).includes(preferred)) {
    throw new CliError("HALFKEY_FORMAT is no format", { next: `set it to ${listed(formats)}` });
  }
  return command.formats.find((known) => known === preferred) ?? usual;
}

/** `table, json or raw`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
