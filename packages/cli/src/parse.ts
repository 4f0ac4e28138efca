import { CommanderError, InvalidArgumentError, Option, Command as Parser } from "commander";
import { CliError } from "./cli-error.ts";
import type { Command, OptionSpec } from "./command.ts";
import { type Globals, globalOptions } from "./globals.ts";

export interface Parsed {
  arguments: Record<string, unknown>;
  options: Record<string, unknown>;
  globals: Globals;
}

/**
 * Reads one command's words (its name already taken out) against its declaration.
 *
 * @returns the input, or the help text if that was asked for.
 * @throws {CliError} for a mistake, naming it without quoting what stands behind an `=`.
 */
export function parse(command: Command, words: string[]): Parsed | { help: string } {
  let help = "";
  const parser = parserOf(command).configureOutput({
    writeOut: (text) => {
      help += text;
    },
    writeErr: () => {},
  });
  try {
    parser.parse(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { help };
    throw usageError(error, command);
  }
  const values = valuesOf(parser);
  const pick = (specs: Record<string, OptionSpec>) =>
    Object.fromEntries(Object.entries(specs).map(([key, spec]) => [key, values.get(key) ?? absent(spec)]));
  return {
    arguments: Object.fromEntries(Object.keys(command.arguments).map((key, at) => [key, parser.args[at]])),
    options: pick(command.options),
    globals: pick(globalOptions) as unknown as Globals,
  };
}

/** What went wrong, without any value: whoever mistypes a flag must not find the secret in a log. */
function usageError({ code, message }: CommanderError, command: Command): CliError {
  const next = `halfkey ${command.name} --help`;
  if (code === "commander.excessArguments") {
    const names = Object.keys(command.arguments).map((name) => name.toUpperCase());
    return new CliError(`too many words: \`${[command.name, ...names].join(" ")}\` is all it takes`, {
      next,
    });
  }
  const what = message
    .replace(/^error: /, "")
    .replace(/argument '.*' is invalid\./s, "is invalid.")
    .replace(/unknown option '(--[\w-]+|-\w)[^']*'/, "unknown option '$1'")
    .replaceAll("\n", " ");
  return new CliError(what, { next });
}

/** The whole command as the parser knows it; also what its help page is made from. */
export function parserOf(command: Command): Parser {
  const parser = new Parser(`halfkey ${command.name}`)
    .description([`${sentence(command.summary)}`, command.description].filter(Boolean).join("\n\n"))
    .helpOption("-h, --help", "this text")
    .allowExcessArguments(false)
    .exitOverride();
  for (const [name, { summary, optional }] of Object.entries(command.arguments)) {
    parser.argument(optional ? `[${name}]` : `<${name}>`, summary);
  }
  for (const [name, spec] of Object.entries(command.options)) parser.addOption(optionOf(name, spec));
  parser.optionsGroup("Everywhere:");
  for (const [name, spec] of Object.entries(globalOptions)) parser.addOption(optionOf(name, spec));
  const examples = command.examples.map((example) => `  ${example.command}\n      ${example.summary}`);
  if (examples.length > 0) parser.addHelpText("after", `\nExamples:\n${examples.join("\n")}`);
  return parser;
}

function optionOf(name: string, spec: OptionSpec): Option {
  const flags = `${spec.short ? `-${spec.short}, ` : ""}--${name}`;
  if (spec.kind === "flag") return new Option(flags, spec.summary);
  const option = new Option(`${flags} <${spec.placeholder}>`, spec.summary);
  if (spec.kind === "list") {
    return option.argParser((text, before: string[] | undefined) => [...(before ?? []), text]);
  }
  if (spec.required) option.makeOptionMandatory();
  if (spec.kind === "integer") return option.argParser((text) => integer(text, spec.minimum));
  return spec.values ? option.choices(spec.values) : option;
}

function integer(text: string, minimum = Number.MIN_SAFE_INTEGER): number {
  const number = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= minimum) return number;
  throw new InvalidArgumentError(
    minimum > Number.MIN_SAFE_INTEGER ? `It is a whole number from ${minimum}.` : "It is a whole number.",
  );
}

/** What an option is that was not given. */
function absent({ kind }: OptionSpec): unknown {
  if (kind === "flag") return false;
  return kind === "list" ? [] : undefined;
}

function valuesOf(parser: Parser): Map<string, unknown> {
  const values = parser.opts();
  return new Map(
    parser.options.map((option) => [option.long?.slice(2) ?? "", values[option.attributeName()]]),
  );
}

function sentence(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}
