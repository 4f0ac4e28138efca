import { rm, stat } from "node:fs/promises";
import type { Log } from "@halfkey/runtime";
import { checkpointsFile, logFolder, logsIn, segmentFile, segmentsIn } from "./audit-folder.ts";

/** How long a segment is kept after it was last written to. */
export const keepMs = 90 * 24 * 60 * 60 * 1000;

/**
 * Removes segments that are older than the time they are kept. Age is measured against the newest segment's last
 * change, not only against the clock: one that jumps ahead by years must not take the log with it.
 */
export async function pruneAudit(folder: string, log: Log, now = Date.now()): Promise<void> {
  try {
    const segments = await segmentsByAge(folder);
    const newest = segments.reduce((latest, { changed }) => Math.max(latest, changed), 0);
    const latestK = segments.at(-1)?.k;
    for (const { k, first, changed, isLast } of segments) {
      if (Math.min(now, newest) - changed <= keepMs || (isLast && k === latestK)) continue;
      await rm(segmentFile(logFolder(folder, k), first), { force: true });
      await rm(checkpointsFile(logFolder(folder, k), first), { force: true });
      if (isLast) await rm(logFolder(folder, k), { recursive: true, force: true });
      log.info({ k, first }, "audit log: removed a segment that was kept long enough");
    }
  } catch (error) {
    log.warn({ error: error as Error }, "audit log: old segments could not be removed");
  }
}

async function segmentsByAge(folder: string) {
  const segments: { k: number; first: number; changed: number; isLast: boolean }[] = [];
  for (const k of await logsIn(folder)) {
    const firsts = await segmentsIn(logFolder(folder, k));
    for (const [at, first] of firsts.entries()) {
      const { mtimeMs } = await stat(segmentFile(logFolder(folder, k), first));
      segments.push({ k, first, changed: mtimeMs, isLast: at === firsts.length - 1 });
    }
  }
  return segments;
}
