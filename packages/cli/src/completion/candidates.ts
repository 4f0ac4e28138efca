import { catalogue } from "../catalogue.ts";
import { type Command, type Completes, type Context, formats, type OptionSpec } from "../command.ts";
import { globalOptions } from "../globals.ts";
import { profileNames } from "../profile.ts";
import { contentOf } from "../suggest-path.ts";
import { isGroup, namesBelow, takeName } from "../take-name.ts";
import { lastWord } from "./last-word.ts";

/** Stands for "whatever the shell itself completes file names to". */
const files = [":files"];

/**
 * What the last word of a command line may become.
 *
 * @param words without the program's name; the last is what stands before the cursor, perhaps empty.
 * @throws as {@link Gateway.call}, if the gateway has to be asked.
 */
export async function candidates(
  context: Context,
  shell: string,
  words: readonly string[],
): Promise<string[]> {
  const { before, current, inserted } = lastWord(shell, words);
  const found = await completed(context, before, current);
  return found === files ? found : found.map(inserted);
}

async function completed(context: Context, before: readonly string[], current: string): Promise<string[]> {
  const { name, rest } = takeName(before);
  const command =
    name === undefined || !Object.hasOwn(catalogue, name) ? undefined : await catalogue[name]?.();
  const output = { ...globalOptions.output, values: command?.formats ?? formats };
  const options: Record<string, OptionSpec> = { ...globalOptions, output, ...command?.options };
  const pending = optionNamed(before.at(-1) ?? "", options);
  if (pending && pending.kind !== "flag") return valuesOf(context, pending, current);
  if (current.startsWith("-")) return startingWith(current, flagsOf(options));
  if (name === undefined) return startingWith(current, firstWords());
  if (!command) return isGroup(name) ? startingWith(current, namesBelow(name)) : [];
  const argument = argumentAt(command, placesTaken(rest, options));
  return argument ? valuesOf(context, argument, current) : [];
}

function valuesOf(
  context: Context,
  spec: { completes?: Completes; values?: readonly string[] },
  current: string,
): Promise<string[]> | string[] {
  if (spec.values) return startingWith(current, spec.values);
  switch (spec.completes) {
    case "file":
      return files;
    case "profile":
      return startingWith(current, profileNames(context.environment));
    case "command":
      return startingWith(current, firstWords());
    case "folder":
    case "path":
      return paths(context, spec.completes, current);
    default:
      return [];
  }
}

/** One level at a time, as with files: the folder's items and the folders in it, these with a slash. */
async function paths(context: Context, kind: "folder" | "path", current: string): Promise<string[]> {
  const absolute = current.startsWith("/") ? current : `/${current}`;
  const folder = absolute.slice(0, absolute.lastIndexOf("/") + 1);
  const { items, folders } = await contentOf(await context.gateway(), folder);
  const all = [...folders.map((one) => `${one}/`), ...(kind === "path" ? items : [])];
  return startingWith(absolute, all);
}

function firstWords(): string[] {
  const first = Object.keys(catalogue).map((name) => name.split(" ")[0] ?? "");
  return [...new Set([...first, "help"])].filter((word) => !word.startsWith("__"));
}

function flagsOf(options: Record<string, OptionSpec>): string[] {
  const visible = Object.entries(options).filter(([, { hidden }]) => !hidden);
  return [...visible.map(([name]) => `--${name}`), "--help"];
}

function optionNamed(word: string, options: Record<string, OptionSpec>): OptionSpec | undefined {
  if (word.startsWith("--"))
    return Object.hasOwn(options, word.slice(2)) ? options[word.slice(2)] : undefined;
  if (!/^-\w$/.test(word)) return undefined;
  // The command's own options come last, and their letters count.
  return Object.values(options).findLast(({ short }) => short === word[1]);
}

/** How many arguments stand there already. */
function placesTaken(words: readonly string[], options: Record<string, OptionSpec>): number {
  let count = 0;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const option = optionNamed(word, options);
    if (option && option.kind !== "flag") at += 1;
    else if (!word.startsWith("-")) count += 1;
  }
  return count;
}

function argumentAt(command: Command, place: number) {
  const all = Object.values(command.arguments);
  return all[place] ?? (all.at(-1)?.many ? all.at(-1) : undefined);
}

function startingWith(current: string, words: readonly string[]): string[] {
  return words.filter((word) => word.startsWith(current));
}
