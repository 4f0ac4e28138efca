import { catalogue } from "./catalogue.ts";
import { globalOptions } from "./globals.ts";

/** A command line, cut in two. */
export interface Named {
  /** A name of the catalogue, the first word of several (`tag`), or a word that is neither. */
  name: string | undefined;
  rest: string[];
}

/**
 * The command's name is the first word that is neither an option nor an option's value, with the second one if
 * the two are a name. Global options may stand before, between and after. `help put` is `put --help`.
 */
export function takeName(words: readonly string[]): Named {
  const first = findWord(words, 0);
  if (first === undefined) return { name: undefined, rest: [...words] };
  const name = words[first] ?? "";
  const rest = words.toSpliced(first, 1);
  if (name === "help") {
    const named = takeName(rest);
    return { ...named, rest: [...named.rest, "--help"] };
  }
  const second = isGroup(name) ? findWord(rest, first) : undefined;
  const both = `${name} ${rest[second ?? 0]}`;
  if (second !== undefined && Object.hasOwn(catalogue, both)) {
    return { name: both, rest: rest.toSpliced(second, 1) };
  }
  return { name, rest };
}

/** Whether a word is the first of names of two. */
export function isGroup(word: string): boolean {
  return namesBelow(word).length > 0;
}

/** The second words of a group: `add`, `remove` of `tag`. */
export function namesBelow(group: string): string[] {
  const start = `${group} `;
  return Object.keys(catalogue)
    .filter((name) => name.startsWith(start))
    .map((name) => name.slice(start.length));
}

const takesValue = new Set(
  Object.entries(globalOptions).flatMap(([long, spec]) => {
    if (spec.kind === "flag") return [];
    return "short" in spec ? [`--${long}`, `-${spec.short}`] : [`--${long}`];
  }),
);

function findWord(words: readonly string[], from: number): number | undefined {
  for (let at = from; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (takesValue.has(word)) at += 1;
    else if (!word.startsWith("-")) return at;
  }
  return undefined;
}
