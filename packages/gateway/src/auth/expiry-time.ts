/**
 * The time by which tokens are issued and anything expires, milliseconds since 1970: the time of day, but never behind
 * what has passed since this process began. So a clock that is set back extends nothing; one that was set forward by
 * mistake, and back again, leaves no trace.
 */
export function expiryTime(): number {
  return Math.max(Date.now(), Math.floor(performance.timeOrigin + performance.now()));
}
