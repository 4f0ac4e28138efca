import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Deadline } from "./deadline.ts";

test("what is done in time is passed on, result or error, as it is", async () => {
  const deadline = Deadline.in(5000);
  const cause = new Error("from the work");
  assert.equal(await deadline.limit(Promise.resolve("done")), "done");
  await assert.rejects(deadline.limit(Promise.reject(cause)), (error) => error === cause);
});

test("what takes longer is given up with E_VAULT, and may still fail without harm", async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on("unhandledRejection", note);
  const late = sleep(30).then(() => Promise.reject(new Error("too late")));
  await assert.rejects(Deadline.in(5).limit(late), { code: "E_VAULT" });
  await sleep(50);
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, []);
});
