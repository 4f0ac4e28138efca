import { type Outcome, ok, skipped, warn } from "./check.ts";

const warnSeconds = 30;

/** This machine's clock against the `Date` of an answer, which is exact to the second. */
export function lookAtClock(date: string | undefined, whose: string, now = Date.now()): Outcome {
  const theirs = Date.parse(date ?? "");
  if (Number.isNaN(theirs)) return skipped(`${whose} did not say what time it is`);
  const seconds = Math.round((now - theirs) / 1000);
  const apart = Math.abs(seconds);
  if (apart <= 2) return ok(`as ${whose}'s`);
  const seen = `${apart} s ${seconds > 0 ? "ahead of" : "behind"} ${whose}'s`;
  return apart < warnSeconds ? ok(seen) : warn(seen, "set this machine's clock (timedatectl set-ntp true)");
}
