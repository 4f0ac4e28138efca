const contextLines = 3;

/** Two texts as a unified diff; empty if they are the same. They differ in little: it is quadratic in what differs. */
export function lineDiff(file: string, before: string, after: string): string {
  if (before === after) return "";
  const [old, young] = [linesOf(before), linesOf(after)];
  const steps = stepsBetween(old, young);
  const hunks: string[] = [];
  let at = 0;
  while (at < steps.length) {
    const first = steps.findIndex(({ sign }, index) => index >= at && sign !== " ");
    if (first === -1) break;
    let last = first;
    for (let index = first; index < steps.length && index <= last + 2 * contextLines; index += 1) {
      if (steps[index]?.sign !== " ") last = index;
    }
    const from = Math.max(at, first - contextLines);
    const to = Math.min(steps.length, last + contextLines + 1);
    hunks.push(hunk(steps.slice(from, to), steps.slice(0, from)));
    at = to;
  }
  return `--- a/${file}\n+++ b/${file}\n${hunks.join("")}`;
}

interface Step {
  sign: " " | "-" | "+";
  line: string;
}

function hunk(steps: readonly Step[], before: readonly Step[]): string {
  const count = (list: readonly Step[], other: Step["sign"]) =>
    list.filter(({ sign }) => sign !== other).length;
  const span = (other: Step["sign"]) => {
    const length = count(steps, other);
    const start = count(before, other) + (length === 0 ? 0 : 1);
    return length === 1 ? `${start}` : `${start},${length}`;
  };
  const body = steps.map(({ sign, line }) =>
    line.endsWith("\n") ? `${sign}${line}` : `${sign}${line}\n\\ No newline at end of file\n`,
  );
  return `@@ -${span("+")} +${span("-")} @@\n${body.join("")}`;
}

function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** The longest common part of what is left after equal heads and tails. */
function stepsBetween(old: readonly string[], young: readonly string[]): Step[] {
  let head = 0;
  while (head < Math.min(old.length, young.length) && old[head] === young[head]) head += 1;
  let tail = 0;
  const most = Math.min(old.length, young.length) - head;
  while (tail < most && old.at(-1 - tail) === young.at(-1 - tail)) tail += 1;
  const [a, b] = [old.slice(head, old.length - tail), young.slice(head, young.length - tail)];
  const kept = (lines: readonly string[]): Step[] => lines.map((line) => ({ sign: " ", line }));
  return [...kept(old.slice(0, head)), ...middle(a, b), ...kept(old.slice(old.length - tail))];
}

function middle(a: readonly string[], b: readonly string[]): Step[] {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const of = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = a[i] === b[j] ? of(i + 1, j + 1) + 1 : Math.max(of(i + 1, j), of(i, j + 1));
    }
  }
  const steps: Step[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      steps.push({ sign: " ", line: a[i] ?? "" });
      i += 1;
      j += 1;
    } else if (i < a.length && (j === b.length || of(i + 1, j) >= of(i, j + 1))) {
      steps.push({ sign: "-", line: a[i] ?? "" });
      i += 1;
    } else {
      steps.push({ sign: "+", line: b[j] ?? "" });
      j += 1;
    }
  }
  return steps;
}
