import { rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { CryptoError } from "@halfkey/crypto";
import type { Log } from "@halfkey/runtime";
import { type AuditArchive, openForReading, type Segment } from "./audit-archive.ts";
import { checkpointsFile } from "./audit-folder.ts";
import { readSegmentHead } from "./segment-file.ts";

/** A segment is kept until the one after it was begun this long ago. */
export const keepMs = 90 * 24 * 60 * 60 * 1000;

/**
 * Removes segments whose time is over. Time is what the newest entry says, where the clock says more: a clock that
 * jumps ahead by years must not take the log with it.
 */
export async function pruneAudit(archive: AuditArchive, log: Log, now = Date.now()): Promise<void> {
  try {
    const segments = await archive.segments();
    const newest = segments.at(-1);
    if (newest === undefined) return;
    const time = Math.min(now, (await stat(newest.file)).mtimeMs);
    for (const [at, segment] of segments.entries()) {
      const next = segments[at + 1];
      if (next === undefined) break;
      const begun = await timeOfHead(archive, next);
      // In order only: a gap in the middle would look like damage.
      if (begun === undefined || time - begun <= keepMs) break;
      await rm(checkpointsFile(dirname(segment.file), segment.first), { force: true });
      await rm(segment.file, { force: true });
      if (next.k !== segment.k) await rm(dirname(segment.file), { recursive: true, force: true });
      log.info({ k: segment.k, first: segment.first }, "audit log: removed a segment whose time was over");
    }
  } catch (error) {
    log.warn({ error: error as Error }, "audit log: old segments could not be removed");
  }
}

async function timeOfHead(archive: AuditArchive, { k, first, file }: Segment): Promise<number | undefined> {
  const handle = await openForReading(file);
  if (handle === undefined) return undefined;
  try {
    const found = await readSegmentHead(handle, first, archive.keysOf(k));
    return typeof found === "string" ? undefined : found.head.time;
  } catch (error) {
    if (error instanceof CryptoError) return undefined;
    throw error;
  } finally {
    await handle.close();
  }
}
