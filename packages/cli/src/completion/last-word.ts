/** The word that is to be completed, and what the shell does with a candidate for it. */
export interface LastWord {
  before: string[];
  /** Of `--option=value` it is the value. */
  current: string;
  /** The candidate as this shell inserts it. */
  inserted(candidate: string): string;
}

/** @param words of the command line without the program's name, as `shell` splits them; the last may be empty. */
export function lastWord(shell: string, words: readonly string[]): LastWord {
  if (shell === "bash") return bashLastWord(words);
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const [, option, value] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
  if (option === undefined || value === undefined) return { before, current, inserted: (word) => word };
  return { before: [...before, option], current: value, inserted: (word) => `${option}=${word}` };
}

/**
 * Bash also splits at `=` and `:`, which a path may contain, and inserts a candidate behind the last of them:
 * `--output=ta` are three words, and so is `/mdapi/a:b`.
 */
function bashLastWord(words: readonly string[]): LastWord {
  const joined: string[] = [];
  let kept = 0;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const last = joined.at(-1);
    kept = 0;
    if (last === undefined || !/^[=:]+$/.test(word)) joined.push(word);
    else if (word === "=" && last.startsWith("--")) joined.push(words[++at] ?? "");
    else {
      kept = last.length + word.length;
      joined[joined.length - 1] = last + word + (words[++at] ?? "");
    }
  }
  const current = joined.pop() ?? "";
  return { before: joined, current, inserted: (word) => word.slice(kept) };
}
