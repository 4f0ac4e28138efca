import assert from "node:assert/strict";
import { test } from "node:test";
import { Batcher } from "./batcher.ts";

/** A sender whose batches are answered when the test says so. */
function recorder() {
  const batches: { wants: number[]; answer(): void; fail(error: Error): void }[] = [];
  const send = (wants: number[]) =>
    new Promise<(string | Error)[]>((resolve, reject) => {
      batches.push({
        wants,
        answer: () =>
          resolve(wants.map((want) => (want < 0 ? new Error(`refused ${want}`) : `answer ${want}`))),
        fail: reject,
      });
    });
  return { batches, send };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a lone want goes at once, and those that come meanwhile form the next batch", async () => {
  const { batches, send } = recorder();
  const batcher = new Batcher({ count: 10, inFlight: 4 }, send);
  const first = batcher.ask(1);
  await turn();
  const others = [batcher.ask(2), batcher.ask(3)];
  await turn();
  assert.deepEqual(
    batches.map(({ wants }) => wants),
    [[1]],
  );
  batches[0]?.answer();
  assert.equal(await first, "answer 1");
  await turn();
  assert.deepEqual(batches[1]?.wants, [2, 3]);
  batches[1]?.answer();
  assert.deepEqual(await Promise.all(others), ["answer 2", "answer 3"]);
});

test("a full batch need not wait for the one under way", async () => {
  const { batches, send } = recorder();
  const batcher = new Batcher({ count: 2, inFlight: 2 }, send);
  const asked = [1, 2, 3, 4, 5].map((want) => batcher.ask(want));
  await turn();
  assert.deepEqual(
    batches.map(({ wants }) => wants),
    [
      [1, 2],
      [3, 4],
    ],
  );
  for (const batch of batches) batch.answer();
  await turn();
  batches[2]?.answer();
  assert.equal((await Promise.all(asked)).length, 5);
});

test("weight cuts a batch, and a want too heavy for any goes alone", async () => {
  const { batches, send } = recorder();
  const batcher = new Batcher(
    { count: 10, inFlight: 1, weight: { of: (want) => want, most: 10, light: 0 } },
    send,
  );
  const asked = [20, 6, 4, 1].map((want) => batcher.ask(want));
  for (let at = 0; at < 3; at += 1) {
    await turn();
    batches[at]?.answer();
  }
  await Promise.all(asked);
  assert.deepEqual(
    batches.map(({ wants }) => wants),
    [[20], [6, 4], [1]],
  );
});

test("one refused want does not harm the others, and a failed batch fails all of its own", async () => {
  const { batches, send } = recorder();
  const batcher = new Batcher({ count: 10, inFlight: 1 }, send);
  const mixed = Promise.allSettled([batcher.ask(1), batcher.ask(-1)]);
  await turn();
  batches[0]?.answer();
  assert.deepEqual(
    (await mixed).map(({ status }) => status),
    ["fulfilled", "rejected"],
  );
  const failing = Promise.allSettled([batcher.ask(2), batcher.ask(3)]);
  await turn();
  batches[1]?.fail(new Error("away"));
  assert.deepEqual(
    (await failing).map(({ status }) => status),
    ["rejected", "rejected"],
  );
});

test("light wants go before heavy ones that wait longer, and a batch is filled with those", async () => {
  const { batches, send } = recorder();
  const weight = { of: (want: number) => want, most: 10, light: 2 };
  const batcher = new Batcher({ count: 10, inFlight: 1, weight }, send);
  const asked = [9, 7, 8, 6].map((want) => batcher.ask(want));
  await turn();
  asked.push(batcher.ask(1), batcher.ask(2));
  for (let at = 0; at < 4; at += 1) {
    batches[at]?.answer();
    await turn();
  }
  await Promise.all(asked);
  assert.deepEqual(
    batches.map(({ wants }) => wants),
    [[9], [1, 2, 7], [8], [6]],
  );
});

test("what waited too long is not sent any more", async () => {
  const { batches, send } = recorder();
  const patience = { milliseconds: 30, over: () => new Error("too late") };
  const batcher = new Batcher({ count: 2, inFlight: 1, patience }, send);
  const first = batcher.ask(1);
  await turn();
  const late = [batcher.ask(2), batcher.ask(3)].map((one) => one.catch((error: Error) => error.message));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const fresh = batcher.ask(4);
  batches[0]?.answer();
  assert.equal(await first, "answer 1");
  assert.deepEqual(await Promise.all(late), ["too late", "too late"]);
  await turn();
  assert.deepEqual(batches[1]?.wants, [4]);
  batches[1]?.answer();
  assert.equal(await fresh, "answer 4");
});
