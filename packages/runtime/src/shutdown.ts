const timeLimitMs = 10_000;
/** One Ctrl-C may arrive twice, from the terminal and from a parent that passes it on. */
const sameSignalMs = 500;
const steps: (() => Promise<void> | void)[] = [];
let running: Promise<never> | undefined;
let firstSignalAt: number | undefined;
let watching = false;
let watchingParent = false;

/**
 * Adds a step of the orderly stop; steps run once, newest first, as what was opened last depends on the rest.
 *
 * The first call begins to watch for SIGTERM and SIGINT; another one, half a second later or
 * more, ends the process at once with 1.
 *
 * @param options.withParent Stop, too, when the process that started this one closes the IPC channel it opened,
 * which also happens when that process is killed.
 */
export function onShutdown(step: () => Promise<void> | void, options: { withParent?: boolean } = {}): void {
  steps.push(step);
  if (!watching) {
    watching = true;
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
  }
  if (options.withParent === true && !watchingParent) {
    watchingParent = true;
    if (process.connected) process.on("disconnect", () => void shutdown(0));
    // The parent may be gone already, or never have opened a channel: then nobody would end us.
    else if (process.send !== undefined) void shutdown(0);
  }
}

function stop(): void {
  const now = performance.now();
  if (firstSignalAt !== undefined && now - firstSignalAt > sameSignalMs) process.exit(1);
  firstSignalAt ??= now;
  void shutdown(0);
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
