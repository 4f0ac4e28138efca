export interface PageLimits {
  count: number;
  bytes: number;
}

/**
 * What a page of the journal holds at most, of an append's conflict too. An entry has up to 66,739 bytes, so 500 of
 * them would make one answer of 44 MB; what is above 4 MiB comes with the next page.
 */
export const journalPageBytes = 4 * 1024 * 1024;

/** The first rows within both limits, at least one if there is one. `more`: whether any are left. */
export function withinLimits<T>(
  rows: Iterable<T>,
  bytesOf: (row: T) => number,
  limits: PageLimits,
): { rows: T[]; more: boolean } {
  const taken: T[] = [];
  let bytes = 0;
  for (const row of rows) {
    bytes += bytesOf(row);
    if (taken.length > 0 && (taken.length === limits.count || bytes > limits.bytes))
      return { rows: taken, more: true };
    taken.push(row);
  }
  return { rows: taken, more: false };
}
