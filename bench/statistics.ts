/** The middle of what was measured, and how far it went. */
export interface Spread {
  min: number;
  median: number;
  max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const half = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(half) : (at(half - 1) + at(half)) / 2;
  return { min: at(0), median, max: at(sorted.length - 1) };
}

/** Round by round, as neighbours in time saw the same machine. */
export function ratios(above: readonly number[], below: readonly number[]): Spread {
  return spreadOf(above.map((one, round) => one / (below[round] ?? Number.NaN)));
}

/** Three digits that count, and no more. */
export function brief(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}

/** `median (min–max)` */
export function spreadText({ min, median, max }: Spread, unit = ""): string {
  return `${brief(median)}${unit} (${brief(min)}–${brief(max)})`;
}
