import type { LineIndex } from "./line-index.ts";

/** A comment that takes findings away. */
export interface Ignore {
  /** Ids and names, as written. */
  rules: readonly string[];
  reason: string;
  /** Offset of the comment. */
  at: number;
  end: number;
  /** The line it stands on, and the next that is no comment. Lines count from 1. */
  lines: readonly number[];
}

const comment = /#[ \t]*halfkey-lint-ignore\b[ \t]*([^\n\r:]*)(?::[ \t]*([^\n\r]*))?/g;

/** The comments `# halfkey-lint-ignore <rule>, <rule>: reason` of a text. */
export function ignoresOf(text: string, index: LineIndex): Ignore[] {
  if (!text.includes("halfkey-lint-ignore")) return [];
  const lines = text.split("\n");
  return [...text.matchAll(comment)].map((found): Ignore => {
    const { line } = index.position(found.index);
    let next = line;
    // Behind code it is about that line alone; on a line of its own it is about what follows.
    if (/^\s*#/.test(lines[line - 1] ?? "")) {
      while (next < lines.length && /^\s*(#|---|$)/.test(lines[next - 1] ?? "")) next += 1;
    }
    return {
      rules: (found[1] ?? "").split(/[\s,]+/).filter(Boolean),
      reason: (found[2] ?? "").trim(),
      at: found.index,
      end: found.index + found[0].trimEnd().length,
      lines: [line, next],
    };
  });
}
