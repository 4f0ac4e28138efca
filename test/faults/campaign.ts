import type { Halves } from "../support/halves.ts";
import { type FaultCase, stepsOf } from "./fault-case.ts";
import { stepsIn } from "./fault-control.ts";
import { type CaseResult, runCase } from "./run-case.ts";
import { seededRandom } from "./seeded-random.ts";

/** Everything that may happen at a step. */
const faults: readonly Pick<FaultCase, "kind" | "error" | "lasts">[] = [
  { kind: "kill-before", lasts: "once" },
  { kind: "kill-after", lasts: "once" },
  { kind: "tear", lasts: "once" },
  { kind: "lose", lasts: "once" },
  { kind: "reorder", lasts: "once" },
  { kind: "stop", lasts: "once" },
  { kind: "fail", error: "EIO", lasts: "once" },
  { kind: "fail", error: "EIO", lasts: "for-good" },
  { kind: "fail", error: "ENOSPC", lasts: "once" },
  { kind: "fail", error: "ENOSPC", lasts: "for-good" },
  { kind: "fail", error: "EROFS", lasts: "for-good" },
  { kind: "fail", error: "ECONNRESET", lasts: "once" },
];

export interface CampaignEvent {
  fault: FaultCase;
  result?: CaseResult;
  /** The invariant that did not hold. */
  failure?: Error;
}

/**
 * All cases there are, in an order that the seed decides, until the time is over; first one without a fault for each
 * half, which tells how many steps there are.
 *
 * @param input.end As performance.now() counts.
 */
export async function* campaign(input: {
  made: Halves;
  seed: number;
  end: number;
}): AsyncGenerator<CampaignEvent> {
  const { made, seed, end } = input;
  const random = seededRandom(seed);
  const cases: FaultCase[] = [];
  for (const half of ["vault", "gateway"] as const) {
    const none = { half, kind: "none", lasts: "once", at: 1, seed } as const;
    const { counts } = await runCase(made, none);
    for (const fault of faults) {
      const count = stepsIn(counts, stepsOf(fault));
      for (let at = 1; at <= count; at += 1) cases.push({ half, ...fault, at, seed });
    }
  }
  for (const fault of shuffled(cases, random)) {
    if (performance.now() > end) return;
    try {
      yield { fault, result: await runCase(made, fault) };
    } catch (error) {
      yield { fault, failure: error as Error };
    }
  }
}

function shuffled<T>(all: readonly T[], random: () => number): T[] {
  return all
    .map((one) => ({ one, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one);
}
