import { OperatorError } from "@halfkey/model";
import type { StoredBundle } from "./targets.ts";

/** How many bundles stay: the newest `last`, and the newest of each of so many days, weeks and months (UTC). */
export interface Retention {
  last: number;
  daily: number;
  weekly: number;
  monthly: number;
}

const dayMs = 24 * 60 * 60 * 1000;

/** @param rules Such as `["last=3", "daily=7"]`; none: everything stays. @throws {OperatorError} `E_INPUT` */
export function parseRetention(rules: readonly string[]): Retention | undefined {
  if (rules.length === 0) return undefined;
  const retention: Retention = { last: 1, daily: 0, weekly: 0, monthly: 0 };
  for (const rule of rules) {
    const [, name = "", count = ""] = /^(last|daily|weekly|monthly)=(\d{1,4})$/.exec(rule) ?? [];
    if (name === "")
      throw new OperatorError(
        "E_INPUT",
        `--keep is a list of last=N, daily=N, weekly=N and monthly=N, not ${rule}`,
      );
    retention[name as keyof Retention] = Number(count);
  }
  // The newest always stays: a backup that deletes itself is none.
  retention.last = Math.max(1, retention.last);
  return retention;
}

/** Names of the bundles that may go. All are of one fragment; the newest is never among them. */
export function expiredBundles(bundles: readonly StoredBundle[], retention: Retention): string[] {
  const newestFirst = bundles.toSorted((a, b) => b.time - a.time || (a.name < b.name ? 1 : -1));
  const kept = new Set(newestFirst.slice(0, retention.last).map(({ name }) => name));
  const keepOf = (count: number, periodOf: (time: number) => string) => {
    const seen = new Set<string>();
    for (const { name, time } of newestFirst) {
      const period = periodOf(time);
      if (seen.has(period)) continue;
      if (seen.size === count) break;
      seen.add(period);
      kept.add(name);
    }
  };
  keepOf(retention.daily, (time) => new Date(time).toISOString().slice(0, 10));
  // Weeks begin on Monday; 1970 began on a Thursday.
  keepOf(retention.weekly, (time) => String(Math.floor((time / dayMs + 3) / 7)));
  keepOf(retention.monthly, (time) => new Date(time).toISOString().slice(0, 7));
  return newestFirst.filter(({ name }) => !kept.has(name)).map(({ name }) => name);
}
