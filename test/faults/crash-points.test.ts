// A fault at a step of either half (F1–F5, F7): a sample that the seed decides; `npm run faults` goes on with the rest.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Halves } from "../support/halves.ts";
import { minutes, seed } from "./budget.ts";
import { campaign } from "./campaign.ts";
import { caseText } from "./fault-case.ts";
import { withoutInterposer } from "./interposer.ts";
import { prepareHalves } from "./prepared-halves.ts";

describe("a fault at any step", { skip: withoutInterposer }, () => {
  let made: Halves;
  before(async () => {
    made = await prepareHalves();
  });
  after(() => made?.stop());

  it(`seed ${seed}, ${minutes} minutes`, async (t) => {
    let met = 0;
    const end = performance.now() + minutes * 60_000;
    for await (const { fault, result, failure } of campaign({ made, seed, end })) {
      const text = caseText(fault);
      await t.test(`npm run faults -- --case ${text}`, (one) => {
        if (failure !== undefined) throw failure;
        one.diagnostic(`${result?.outcome}: ${result?.what}`);
      });
      if (result?.outcome !== "not met") met += 1;
    }
    assert(met > 0, "no fault was met: the test shows nothing");
  });
});
