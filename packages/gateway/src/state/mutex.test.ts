import assert from "node:assert/strict";
import { test } from "node:test";
import { Mutex, Shared } from "./mutex.ts";

test("a mutex lets one hold it at a time, in order, and survives a failing holder", async () => {
  const mutex = new Mutex();
  const events: string[] = [];
  const hold = (name: string, fails = false) =>
    mutex.hold(async () => {
      events.push(`${name} in`);
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`${name} out`);
      if (fails) throw new Error(name);
    });
  const results = await Promise.allSettled([hold("a"), hold("b", true), hold("c")]);
  assert.deepEqual(events, ["a in", "a out", "b in", "b out", "c in", "c out"]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  );
});

test("whoever asks during a run gets one that begins after he asked, shared with the others", async () => {
  let begun = 0;
  const releases: (() => void)[] = [];
  const shared = new Shared(async () => {
    begun += 1;
    const run = begun;
    await new Promise<void>((resolve) => releases.push(resolve));
    return run;
  });
  const first = shared.begunAfterNow();
  const second = shared.begunAfterNow();
  const third = shared.begunAfterNow();
  assert.equal(begun, 1);
  releases[0]?.();
  assert.equal(await first, 1);
  await new Promise((resolve) => setImmediate(resolve));
  releases[1]?.();
  assert.deepEqual(await Promise.all([second, third]), [2, 2]);
});

test("a failed run fails those who shared it, and the next begins all the same", async () => {
  let begun = 0;
  const shared = new Shared(async () => {
    begun += 1;
    if (begun === 1) throw new Error("away");
    return begun;
  });
  const first = shared.begunAfterNow();
  const second = shared.begunAfterNow();
  await assert.rejects(first);
  assert.equal(await second, 2);
  assert.equal(await shared.begunAfterNow(), 3);
});
