import type { LintOptions } from "./context-of.ts";
import type { Edit, Finding } from "./finding.ts";
import { lint } from "./lint.ts";
import type { Source } from "./manifest.ts";

export interface Fixed {
  sources: Source[];
  /** How many findings were mended. */
  count: number;
  /** What is left. */
  findings: Finding[];
}

// One mended may let another be seen; more rounds than this mean that two rules undo each other.
const roundsMax = 5;

/** Mends what can be mended without changing what was meant, letter for letter otherwise. */
export function fix(sources: readonly Source[], options: LintOptions = {}): Fixed {
  let texts = [...sources];
  let count = 0;
  for (let round = 0; round < roundsMax; round += 1) {
    const findings = lint(texts, options);
    if (!findings.some(({ edits }) => edits.length > 0)) return { sources: texts, count, findings };
    texts = texts.map((source) => {
      const mended = applyEdits(
        source.text,
        findings.filter(({ file }) => file === source.file),
      );
      count += mended.count;
      return { ...source, text: mended.text };
    });
  }
  return { sources: texts, count, findings: lint(texts, options) };
}

/** A finding's edits belong together; one that meets another's waits for the next round. */
function applyEdits(text: string, findings: readonly Finding[]): { text: string; count: number } {
  const taken: Edit[] = [];
  let count = 0;
  for (const { edits } of findings) {
    if (edits.length === 0 || edits.some((edit) => taken.some((other) => touches(edit, other)))) continue;
    taken.push(...edits);
    count += 1;
  }
  const ordered = taken.sort((a, b) => a.start - b.start);
  let result = "";
  let at = 0;
  for (const { start, end, text: put } of ordered) {
    result += text.slice(at, start) + put;
    at = end;
  }
  return { text: result + text.slice(at), count };
}

function touches(a: Edit, b: Edit): boolean {
  return a.start <= b.end && b.start <= a.end;
}
