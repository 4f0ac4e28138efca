import assert from "node:assert/strict";
import { test } from "node:test";
import { NudgeQueue, type Outcome, type Wish } from "./nudge-queue.ts";
import { TokenBucket } from "./token-bucket.ts";

const wish = (seq: number, changed = true): Wish => ({ seq, since: 0, changed });

/** A queue whose sends wait until they are answered. */
function queueWith(bucket = new TokenBucket(1000, 1000)) {
  const sent: { reader: string; wish: Wish; answer: PromiseWithResolvers<Outcome> }[] = [];
  const outcomes: string[] = [];
  const queue = new NudgeQueue({
    bucket,
    send(reader, wish) {
      const answer = Promise.withResolvers<Outcome>();
      sent.push({ reader, wish, answer });
      return answer.promise;
    },
    settled: (outcome) => outcomes.push(outcome),
  });
  return { queue, sent, outcomes };
}

test("at most ten at a time, and what waits for one reader becomes one", async () => {
  const { queue, sent, outcomes } = queueWith();
  for (let place = 0; place < 12; place += 1) queue.add(`r${place}`, wish(1));
  queue.add("r11", wish(5, false));
  await new Promise(setImmediate);
  assert.equal(sent.length, 10);
  assert.equal(queue.length, 2);
  for (const { answer } of sent.splice(0)) answer.resolve("sent");
  await new Promise(setImmediate);
  assert.deepEqual(
    sent.map(({ reader, wish: { seq, changed } }) => [reader, seq, changed]),
    [
      ["r10", 1, true],
      ["r11", 5, true],
    ],
  );
  assert.equal(outcomes.length, 10);
  queue.stop();
});

test("a change while its nudge is on the way causes another", async () => {
  const { queue, sent } = queueWith();
  queue.add("r", wish(1));
  await new Promise(setImmediate);
  queue.add("r", wish(2));
  await new Promise(setImmediate);
  assert.deepEqual(
    sent.map(({ wish: { seq } }) => seq),
    [1, 2],
  );
  queue.stop();
});

test("beyond the rate it waits, and a failure is tried again", async () => {
  const { queue, sent, outcomes } = queueWith(new TokenBucket(0.001, 1));
  queue.add("a", wish(1));
  queue.add("b", wish(1));
  await new Promise(setImmediate);
  assert.equal(sent.length, 1);
  sent[0]?.answer.reject(new Error("no"));
  await new Promise(setImmediate);
  assert.deepEqual(outcomes, ["failed"]);
  assert.equal(queue.length, 2);
  queue.remove("a");
  queue.stop();
  assert.equal(queue.length, 0);
  queue.add("c", wish(1));
  assert.equal(queue.length, 0);
});
