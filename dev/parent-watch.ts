/**
 * Calls `gone` when whoever started us has disappeared. npm can be killed without a word to its child, and a
 * server that outlives `npm start` holds its ports and data directory as an orphan. From a shell without npm
 * the launcher may outlive its parent on purpose (`nohup`, `&`), so only npm and an IPC parent are watched.
 */
export function watchParent(gone: () => void): void {
  if (process.connected) process.once("disconnect", gone);
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    gone();
  }, 500);
  timer.unref();
}
