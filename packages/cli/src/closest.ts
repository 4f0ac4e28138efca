/**
 * The known word that a mistyped one most likely meant.
 *
 * @returns undefined if nothing is near: at most a third of the letters may differ, and never more than three.
 */
export function closest(word: string, known: Iterable<string>): string | undefined {
  // Longer words than any path segment are no typing mistakes, and the distance costs their product.
  if (word === "" || word.length > 255) return undefined;
  const limit = Math.min(3, Math.max(1, Math.floor(word.length / 3)));
  let best: { word: string; distance: number } | undefined;
  for (const candidate of known) {
    const distance = isLongerForm(word, candidate) ? 1 : distanceBetween(word, candidate, limit);
    if (distance <= limit && (best === undefined || distance < best.distance)) {
      best = { word: candidate, distance };
    }
  }
  return best?.word;
}

/** `desc` for `describe`: a start of three letters is as good as one mistake. */
function isLongerForm(word: string, candidate: string): boolean {
  return word.length >= 3 && candidate.startsWith(word);
}

/** Insertions, deletions, replacements, and swaps of neighbours; beyond `limit` any number above it. */
function distanceBetween(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let least = Math.min(
        (current[column - 1] ?? 0) + 1,
        (last[column] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) least = Math.min(least, (beforeLast[column - 2] ?? 0) + 1);
      current.push(least);
    }
    if (Math.min(...current) > limit) return limit + 1;
    [beforeLast, last] = [last, current];
  }
  return last[b.length] ?? limit + 1;
}
