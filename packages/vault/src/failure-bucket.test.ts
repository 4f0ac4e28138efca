import assert from "node:assert/strict";
import { it } from "node:test";
import { FailureBucket } from "./failure-bucket.ts";

it("a bucket gives its capacity at once, then one at a time, and never more than its capacity", () => {
  let now = 0;
  const bucket = new FailureBucket({ capacity: 3, refillMs: 1000, now: () => now });
  assert.deepEqual([bucket.take(), bucket.take(), bucket.take(), bucket.take()], [0, 0, 0, 1]);
  now = 999;
  assert.equal(bucket.take(), 1);
  now = 1000;
  assert.deepEqual([bucket.take(), bucket.take()], [0, 1]);
  now = 100_000;
  assert.deepEqual([bucket.take(), bucket.take(), bucket.take(), bucket.take()], [0, 0, 0, 1]);
});
