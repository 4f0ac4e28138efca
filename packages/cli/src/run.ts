import { catalogue } from "./catalogue.ts";
import { CliError } from "./cli-error.ts";
import type { Command, Context, Format } from "./command.ts";
import type { Gateway } from "./gateway.ts";
import { type Globals, globalOptions } from "./globals.ts";
import { printable } from "./printable.ts";
import { type Terminal, write } from "./terminal.ts";

/** The world around one invocation. */
export interface Surroundings {
  terminal: Terminal;
  environment: NodeJS.ProcessEnv;
  workingDirectory: string;
}

/** Runs one command line. @returns the exit code: 0 fine, 1 usage or local, 2 the server said no. */
export async function run(words: string[], surroundings: Surroundings): Promise<number> {
  const { output, error } = surroundings.terminal;
  // `halfkey list | head`: the reader has enough, and the stream says so once more than `write` hears.
  for (const stream of [output, error]) stream.on("error", () => {});
  try {
    await dispatch(words, surroundings);
    return 0;
  } catch (failure) {
    const shown = failure instanceof CliError ? failure : unexpected(failure);
    await write(error, explain(shown));
    return shown.exitCode;
  }
}

async function dispatch(words: string[], surroundings: Surroundings): Promise<void> {
  const { output } = surroundings.terminal;
  const { name, rest } = takeName(words);
  if (name === undefined) {
    if (words.some((word) => ["--version", "-V", "-v"].includes(word)))
      return dispatch(["version"], surroundings);
    const lost = words.find((word) => word.startsWith("-") && word !== "--help" && word !== "-h");
    if (lost !== undefined) throw new CliError("no command was named", { next: "halfkey --help" });
    const { overview } = await import("./overview.ts");
    await write(output, await overview());
    return;
  }
  const load = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
  if (!load) throw unknownCommand(name);
  const command = await load();
  const { parse } = await import("./parse.ts");
  const parsed = parse(command, rest);
  if ("help" in parsed) return write(output, parsed.help);
  await runCommand(command, parsed, surroundings);
}

async function runCommand(
  command: Command,
  input: { arguments: Record<string, unknown>; options: Record<string, unknown>; globals: Globals },
  surroundings: Surroundings,
): Promise<void> {
  let gateway: Gateway | undefined;
  const context: Context = {
    ...surroundings,
    globals: input.globals,
    format: formatOf(command, input.globals),
    gateway: async () => {
      if (!gateway) {
        const { connect } = await import("./gateway.ts");
        gateway = await connect(context);
      }
      return gateway;
    },
  };
  try {
    await command.run(context, input);
  } finally {
    gateway?.close();
  }
}

function formatOf(command: Command, globals: Globals): Format {
  const wanted = globals.json ? "json" : globals.output;
  if (wanted === undefined) return command.formats[0] ?? "table";
  const format = command.formats.find((known) => known === wanted);
  if (format) return format;
  throw new CliError(`${command.name} does not print ${wanted}`, {
    next: `use ${command.formats.join(" or ")}`,
  });
}

/** The command's name is the first word that is neither an option nor an option's value. */
function takeName(words: string[]): { name: string | undefined; rest: string[] } {
  const takesValue = new Set(
    Object.entries(globalOptions).flatMap(([long, spec]) => {
      if (spec.kind === "flag") return [];
      return "short" in spec ? [`--${long}`, `-${spec.short}`] : [`--${long}`];
    }),
  );
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (takesValue.has(word)) at += 1;
    else if (!word.startsWith("-")) {
      const rest = [...words.slice(0, at), ...words.slice(at + 1)];
      return word === "help" ? takeHelp(rest) : { name: word, rest };
    }
  }
  return { name: undefined, rest: words };
}

/** `halfkey help put` is `halfkey put --help`. */
function takeHelp(words: string[]): { name: string | undefined; rest: string[] } {
  const { name, rest } = takeName(words);
  return { name, rest: [...rest, "--help"] };
}

function unknownCommand(name: string): CliError {
  const close = Object.keys(catalogue).find((known) => known.startsWith(name.slice(0, 3)));
  return new CliError(`there is no command ${JSON.stringify(name.slice(0, 40))}`, {
    next: close ? `halfkey ${close}, or halfkey --help` : "halfkey --help",
  });
}

function unexpected(failure: unknown): CliError {
  const { code } = failure as NodeJS.ErrnoException;
  // The message of an unknown failure may quote what it worked on; its kind is enough for a report.
  const kind = failure instanceof Error ? failure.name : typeof failure;
  return new CliError(`unexpected failure: ${code ?? kind}`, { next: "report it; this is a defect" });
}

function explain({ message, where, next }: CliError): string {
  const lines = [`halfkey: ${printable(message)}`];
  if (where) lines.push(`  where: ${printable(where)}`);
  if (next) lines.push(`  next: ${printable(next)}`);
  return `${lines.join("\n")}\n`;
}
