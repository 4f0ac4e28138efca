const timeLimitMs = 10_000;
const steps: (() => Promise<void> | void)[] = [];
let running: Promise<never> | undefined;
let watching = false;

/**
 * Adds a step of the orderly stop; steps run once, newest first, as what was opened last depends on the rest.
 *
 * The first call begins to watch for SIGTERM and SIGINT (a second signal ends the process at once with 1), and for
 * the end of a parent that opened an IPC channel: a process that was started by another should not outlive it.
 */
export function onShutdown(step: () => Promise<void> | void): void {
  steps.push(step);
  if (watching) return;
  watching = true;
  const stop = () => {
    if (running !== undefined) process.exit(1);
    void shutdown(0);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  if (process.connected) process.on("disconnect", () => void shutdown(0));
}

/** Runs the steps and exits; a step that fails does not keep the others from running, but makes the code 1. */
export function shutdown(code: number): Promise<never> {
  running ??= stopAll(code);
  return running;
}

async function stopAll(code: number): Promise<never> {
  let result = code;
  const timer = setTimeout(() => process.exit(1), timeLimitMs);
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    try {
      await step();
    } catch {
      result = result === 0 ? 1 : result;
    }
  }
  clearTimeout(timer);
  process.exit(result);
}
