import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { LoginLimits } from "./login-limits.ts";

test("after ten wrong attempts with one access id, further wrong ones are slowed down for the rest of the minute", () => {
  const limits = new LoginLimits();
  for (let at = 0; at < 10; at += 1) assert.equal(limits.failed("192.0.2.1", "p-a", 1000), undefined);
  assert.equal(limits.failed("192.0.2.1", "p-a", 31_000)?.retryAfterSeconds, 30);
  assert.equal(limits.failed("192.0.2.1", "p-a", 61_001), undefined);
});

test("other sources, and other ids of the same source, are not concerned", () => {
  const limits = new LoginLimits();
  for (let at = 0; at < 20; at += 1) limits.failed("192.0.2.1", "p-a", 0);
  assert.equal(limits.failed("198.51.100.1", "p-a", 0), undefined);
  assert.equal(limits.failed("192.0.2.1", "p-b", 0), undefined);
});

test("many ids do not evade the limit of a source", () => {
  const limits = new LoginLimits();
  for (let at = 0; at < 100; at += 1) assert.equal(limits.failed("192.0.2.1", `p-${at}`, 0), undefined);
  assert.equal(limits.failed("192.0.2.1", "p-next", 0)?.code, "E_RATE");
});

test("a flood from everywhere is bounded in memory", () => {
  const limits = new LoginLimits();
  const before = heapAfterCollection();
  for (let at = 0; at < 200_000; at += 1)
    limits.failed(`10.${at & 255}.${(at >> 8) & 255}.1`, "x".repeat(10_000) + at, 0);
  assert(heapAfterCollection() - before < 32 * 1024 * 1024);
  assert.equal(limits.failed("192.0.2.1", "p-a", 0), undefined);
});

/** What is really held: garbage that waits to be collected is no leak. */
function heapAfterCollection(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}
