import assert from "node:assert/strict";
import { test } from "node:test";
import { OperatorError } from "@halfkey/model";
import fc from "fast-check";
import { expiredBundles, parseRetention, type Retention } from "./retention.ts";
import type { StoredBundle } from "./targets.ts";

const dayMs = 24 * 60 * 60 * 1000;
const bundleOf = (time: number): StoredBundle => ({ name: `b-${time}`, bytes: 1, time });

test("rules are read, and everything else is refused", () => {
  assert.equal(parseRetention([]), undefined);
  assert.deepEqual(parseRetention(["daily=7", "last=3"]), { last: 3, daily: 7, weekly: 0, monthly: 0 });
  assert.equal(parseRetention(["last=0"])?.last, 1);
  for (const rule of ["", "daily", "daily=", "daily=-1", "hourly=2", "last=3 "])
    assert.throws(() => parseRetention([rule]), OperatorError);
});

test("a year of daily backups leaves the newest of each day, week and month", () => {
  const newest = Date.UTC(2026, 10, 24, 3);
  const year = Array.from({ length: 365 }, (_, at) => bundleOf(newest - at * dayMs));
  const expired = new Set(expiredBundles(year, { last: 1, daily: 7, weekly: 4, monthly: 3 }));
  const kept = year
    .filter(({ name }) => !expired.has(name))
    .map(({ time }) => new Date(time).toISOString().slice(5, 10));
  // Sundays end weeks, last days end months.
  assert.deepEqual(kept, [
    "11-24",
    "11-23",
    "11-22",
    "11-21",
    "11-20",
    "11-19",
    "11-18",
    "11-15",
    "11-08",
    "10-31",
    "09-30",
  ]);
});

test("the newest stays, and what stays once would stay again", () => {
  const retentions: fc.Arbitrary<Retention> = fc.record({
    last: fc.integer({ min: 1, max: 5 }),
    daily: fc.nat(5),
    weekly: fc.nat(5),
    monthly: fc.nat(5),
  });
  const times = fc.uniqueArray(fc.integer({ min: 0, max: 400 * dayMs }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(times, retentions, (all, retention) => {
      const bundles = all.map(bundleOf);
      const expired = new Set(expiredBundles(bundles, retention));
      assert(!expired.has(`b-${Math.max(...all)}`));
      assert(bundles.length - expired.size >= Math.min(retention.last, bundles.length));
      const kept = bundles.filter(({ name }) => !expired.has(name));
      assert.deepEqual(expiredBundles(kept, retention), []);
    }),
  );
});
