import type { Diagnosis, Finding } from "./diagnose.ts";

/** Colours, or none. */
export interface Paint {
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

const marks = { ok: "✓", warn: "!", fail: "✗", skipped: "–" } as const;

/** A line for each finding, then the verdict: what it is, what to do, where to read on. */
export function reportText({ checks, verdict }: Diagnosis, paint: Paint): string {
  const shown = inShort(checks);
  const width = Math.max(...shown.map(({ title }) => title.length));
  const lines = shown.flatMap((finding) =>
    // The verdict repeats the first failure, with its next step.
    findingLines(finding, width, paint, finding.status === "fail" && finding.seen === verdict?.seen),
  );
  const warnings = checks.filter(({ status }) => status === "warn").length;
  const fine = warnings === 0 ? "nothing is wrong" : `nothing is broken, ${warnings} to look at`;
  const end =
    verdict === null
      ? [fine]
      : [
          verdict.seen === verdict.title
            ? paint.red(verdict.title)
            : `${paint.red(verdict.title)}: ${plain(verdict.seen)}`,
          `  next: ${plain(verdict.next)}`,
          `  runbook: ${verdict.runbook}`,
        ];
  return `${[...lines, "", ...end].join("\n")}\n`;
}

/** One line for all that was not looked at for one reason: the first of them. */
function inShort(checks: readonly Finding[]): Finding[] {
  const short: Finding[] = [];
  for (const finding of checks) {
    const last = short.at(-1);
    const isMore = finding.status === "skipped" && last?.status === "skipped" && last.seen === finding.seen;
    if (isMore) short[short.length - 1] = { ...last, title: `${last.title.replace(/ …$/, "")} …` };
    else short.push(finding);
  }
  return short;
}

function findingLines(
  { status, title, seen, next }: Finding,
  width: number,
  paint: Paint,
  isVerdict: boolean,
): string[] {
  const colour = { ok: paint.green, warn: paint.yellow, fail: paint.red, skipped: String }[status];
  const lines = [`${colour(marks[status])} ${title.padEnd(width)}  ${plain(seen)}`];
  if (next !== undefined && !isVerdict) lines.push(`  ${" ".repeat(width)}  next: ${plain(next)}`);
  return lines;
}

/** What came from elsewhere must not move the cursor, nor reorder the text. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    return character === "\n" ? " " : `\\u{${character.codePointAt(0)?.toString(16)}}`;
  });
}
