import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TokenBucket } from "./token-bucket.ts";

test("lets a burst through, then one per interval", () => {
  let now = 0;
  const bucket = new TokenBucket(10, 3, () => now);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => bucket.take()),
    [true, true, true, false],
  );
  assert.equal(bucket.waitMs, 100);
  now = 99;
  assert(!bucket.take());
  now = 100;
  assert(bucket.take());
  assert(!bucket.take());
});

test("whatever the times, no more pass than burst and rate allow", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 500 })), (steps) => {
      let now = 0;
      let passed = 0;
      const bucket = new TokenBucket(20, 5, () => now);
      for (const step of steps) {
        now += step;
        if (bucket.take()) passed += 1;
        assert(passed <= 5 + (now * 20) / 1000 + 1e-6);
      }
    }),
  );
});
