import type { Terminal } from "./terminal.ts";

/** A wait that nobody notices needs no word. */
const quietMilliseconds = 1000;

/**
 * Tells somebody at a terminal, on stderr, that a request is still under way, and wipes it out at the end.
 * Anything but a terminal gets nothing.
 *
 * @returns what ends it.
 */
export function showWaiting(stream: Terminal["error"], environment: NodeJS.ProcessEnv): () => void {
  if (stream.isTTY !== true || environment.TERM === "dumb") return () => {};
  const begun = Date.now();
  let shown = false;
  const timer = setInterval(() => {
    shown = true;
    stream.write(`\rhalfkey: waiting for the gateway, ${Math.round((Date.now() - begun) / 1000)} s `);
  }, quietMilliseconds);
  timer.unref();
  return () => {
    clearInterval(timer);
    if (shown) stream.write("\r\u001b[K");
  };
}
