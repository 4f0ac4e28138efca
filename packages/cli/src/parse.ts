import { CommanderError, InvalidArgumentError, Option, Command as Parser } from "commander";
import { listed } from "./choose-format.ts";
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
    parser.parse(inOneSpelling(words, { ...globalOptions, ...command.options }), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { help };
    throw usageError(error, command);
  }
  checkArguments(command, parser.args);
  const values = valuesOf(parser);
  const pick = (specs: Record<string, OptionSpec>) =>
    Object.fromEntries(Object.entries(specs).map(([key, spec]) => [key, values.get(key) ?? absent(spec)]));
  return {
    arguments: Object.fromEntries(
      Object.entries(command.arguments).map(([key, { many }], at) => [
        key,
        many ? parser.args.slice(at) : parser.args[at],
      ]),
    ),
    options: pick(command.options),
    globals: pick(globalOptions) as unknown as Globals,
  };
}

/**
 * What scripts for `akeyless` write in other ways: `--json=true`, `--json=false`, `--delete_protection`. Words
 * that are an option's value stay as they are, whatever they look like.
 */
function inOneSpelling(words: readonly string[], specs: Record<string, OptionSpec>): string[] {
  const known = new Map(
    Object.entries(specs).flatMap(([name, spec]): [string, OptionSpec][] => [
      [`--${name}`, spec],
      ...(spec.short ? ([[`-${spec.short}`, spec]] as [string, OptionSpec][]) : []),
    ]),
  );
  const result: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") return [...result, ...words.slice(at)];
    const [, name, value] = /^(--[^=]+)(=.*)?$/s.exec(word) ?? [undefined, word, undefined];
    const dashed = known.has(name) ? name : name.replace(/(?<=\w)_/g, "-");
    const spec = known.get(dashed);
    if (spec?.kind === "flag" && /^=(true|false)$/i.test(value ?? "")) {
      if (/^=true$/i.test(value ?? "")) result.push(dashed);
      continue;
    }
    result.push(spec ? `${dashed}${value ?? ""}` : word);
    if (spec && spec.kind !== "flag" && value === undefined && at + 1 < words.length) {
      at += 1;
      result.push(words[at] ?? "");
    }
  }
  return result;
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

/** The parser's own check would quote the word. */
function checkArguments(command: Command, words: readonly string[]): void {
  for (const [at, [name, { values }]] of Object.entries(command.arguments).entries()) {
    const word = words[at];
    if (values === undefined || word === undefined || values.includes(word)) continue;
    throw new CliError(`${name} is one of ${values.join(", ")}`, { next: `halfkey ${command.name} --help` });
  }
}

/** The whole command as the parser knows it; also what its help page is made from. */
export function parserOf(command: Command): Parser {
  const parser = new Parser(`halfkey ${command.name}`)
    .description([`${sentence(command.summary)}`, command.description].filter(Boolean).join("\n\n"))
    .helpOption("-h, --help", "this text")
    .allowExcessArguments(false)
    .exitOverride();
  for (const [name, { summary, optional, many }] of Object.entries(command.arguments)) {
    const shown = many ? `${name}...` : name;
    parser.argument(optional ? `[${shown}]` : `<${shown}>`, summary);
  }
  for (const [name, spec] of Object.entries(command.options)) parser.addOption(optionOf(name, spec));
  parser.optionsGroup("Everywhere:");
  for (const [name, spec] of Object.entries(globalsFor(command))) parser.addOption(optionOf(name, spec));
  const examples = command.examples.map((example) => `  ${example.command}\n      ${example.summary}`);
  if (examples.length > 0) parser.addHelpText("after", `\nExamples:\n${examples.join("\n")}`);
  return parser;
}

/** The global options as one command has them: without a letter that it takes itself, and with its own formats. */
function globalsFor(command: Command): Record<string, OptionSpec> {
  const own = new Set(Object.values(command.options).map(({ short }) => short));
  return Object.fromEntries(
    Object.entries(globalOptions as Record<string, OptionSpec>).map(([name, { short, ...rest }]) => {
      const summary = name === "output" ? `${rest.summary}: ${listed(command.formats)}` : rest.summary;
      return [name, { ...rest, summary, ...(short && !own.has(short) ? { short } : {}) }];
    }),
  );
}

function optionOf(name: string, spec: OptionSpec): Option {
  const flags = `${spec.short ? `-${spec.short}, ` : ""}--${name}`;
  if (spec.kind === "flag") return new Option(flags, spec.summary).hideHelp(spec.hidden === true);
  const option = new Option(`${flags} <${spec.placeholder}>`, spec.summary).hideHelp(spec.hidden === true);
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
    parser.options.map((option) => {
      const value = values[option.attributeName()];
      // The parser reads `--no-x` as the opposite of an `x` that is true.
      return [option.long?.slice(2) ?? "", option.negate ? value === false : value];
    }),
  );
}

function sentence(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}
