import { printable } from "./printable.ts";

/** Columns as wide as their widest cell; every cell on one line, and harmless to a terminal. */
export function renderTable(rows: string[][], head: string[] | undefined): string {
  const cells = (head ? [head, ...rows] : rows).map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of cells) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  }
  const lines = cells.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("   "));
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}
