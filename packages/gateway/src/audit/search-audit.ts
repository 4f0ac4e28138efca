import type { FileHandle } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { CryptoError } from "@halfkey/crypto";
import { type AuditArchive, openForReading, type Segment } from "./audit-archive.ts";
import type { LogKeys } from "./audit-keys.ts";
import { clockSlackMs } from "./audit-log.ts";

export interface AuditPosition {
  k: number;
  index: number;
}

export interface AuditQuery {
  /** Milliseconds since 1970, inclusive. */
  since?: number;
  until?: number;
  who?: string;
  op?: string;
  /** The path itself, or a folder above it. */
  path?: string;
  ok?: boolean;
  limit: number;
  order: "newest" | "oldest";
  /** The search goes on behind this one, in its order. */
  after?: AuditPosition;
}

export type OpenedEntry = AuditPosition & Record<string, unknown>;

export interface AuditFound {
  entries: OpenedEntry[];
  /** Where to go on; nothing if there is no more. */
  next: AuditPosition | undefined;
  /** What could not be read: never left out in silence. */
  problems: string[];
}

/** One request's share of this process; whoever wants more comes again. */
const budgetMs = 1500;
/** Opened in one go: about 2 ms. */
const leavesPerTurn = 64;

/**
 * Opens entries one after the other and keeps what matches. It ends when it has `limit` of them, or its time is
 * over, and says where to go on; so few or no entries are no sign that there are no more.
 */
export async function searchAudit(archive: AuditArchive, query: AuditQuery): Promise<AuditFound> {
  const stopAt = performance.now() + budgetMs;
  const found: AuditFound = { entries: [], next: undefined, problems: [] };
  const segments = await archive.segments();
  if (query.order === "newest") segments.reverse();
  for (const segment of segments) {
    if (isBehind(segment, query)) continue;
    const handle = await openForReading(segment.file);
    if (handle === undefined) continue;
    try {
      if (await isOutside(archive, segment, handle, query)) {
        const skipped = query.order === "newest" ? segment.first : (segment.end ?? segment.first) - 1;
        if (performance.now() > stopAt) return { ...found, next: { k: segment.k, index: skipped } };
        continue;
      }
      const stopped = await searchSegment(archive, segment, handle, query, found, stopAt);
      if (stopped !== undefined) return { ...found, next: stopped };
    } finally {
      await handle.close();
    }
  }
  return found;
}

/** @returns the last leaf that was looked at, if the search ends with it. */
async function searchSegment(
  archive: AuditArchive,
  segment: Segment,
  handle: FileHandle,
  query: AuditQuery,
  found: AuditFound,
  stopAt: number,
): Promise<AuditPosition | undefined> {
  const { k, first, end, file } = segment;
  const keys = archive.keysOf(k);
  const places = await archive.places(segment, handle);
  const count = places.offsets.length - 1;
  if (places.isDamaged || (end !== undefined && first + count < end)) {
    found.problems.push(`${file} cannot be read from leaf ${first + count} on: run halfkey audit verify`);
  }
  const newest = query.order === "newest";
  let at = startIn(segment, query, count);
  while (newest ? at > 0 : at < count) {
    const from = newest ? Math.max(0, at - leavesPerTurn) : at;
    const to = newest ? at : Math.min(count, at + leavesPerTurn);
    const leaves = (await archive.read(handle, places, from, to)).map((sealed, place) => ({
      index: first + from + place,
      sealed,
    }));
    if (newest) leaves.reverse();
    for (const { index, sealed } of leaves) {
      const entry = openEntry(keys, k, index, sealed);
      if (matches(entry, query)) found.entries.push(entry);
      if (found.entries.length === query.limit) return { k, index };
    }
    at = newest ? from : to;
    if (performance.now() > stopAt) return { k, index: first + (newest ? from : to - 1) };
    await nextTurn();
  }
  return undefined;
}

/** Whether all of a segment was searched before. */
function isBehind({ k, first, end }: Segment, { order, after }: AuditQuery): boolean {
  if (after === undefined) return false;
  if (k !== after.k) return order === "newest" ? k > after.k : k < after.k;
  return order === "newest" ? first >= after.index : end !== undefined && end <= after.index + 1;
}

/** The place within the segment: leaves before it (newest first) or from it on are to be looked at. */
function startIn({ k, first }: Segment, { order, after }: AuditQuery, count: number): number {
  const isHere = after !== undefined && after.k === k;
  if (order === "newest") return isHere ? Math.min(count, after.index - first) : count;
  return isHere ? Math.max(0, after.index + 1 - first) : 0;
}

/** Times ascend within a segment, to within the clock's slack; so the first and the last entry bound the rest. */
async function isOutside(
  archive: AuditArchive,
  segment: Segment,
  handle: FileHandle,
  { since, until }: AuditQuery,
): Promise<boolean> {
  if (since === undefined && until === undefined) return false;
  const times = await archive.timesOf(segment, handle);
  if (times === undefined) return false;
  return (
    (since !== undefined && times.last + clockSlackMs < since) ||
    (until !== undefined && times.first - clockSlackMs > until)
  );
}

function openEntry(keys: LogKeys, k: number, index: number, sealed: Buffer): OpenedEntry {
  try {
    return { ...keys.open(index, sealed), k, index };
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return { k, index, unreadable: error.code };
  }
}

function matches(entry: OpenedEntry, query: AuditQuery): boolean {
  // What cannot be read is shown to whatever question: hiding it would be a way to hide.
  if (entry.unreadable !== undefined) return true;
  const { since, until, who, op, path, ok } = query;
  const time = Number(entry.t);
  if (since !== undefined && time < since) return false;
  if (until !== undefined && time > until) return false;
  if (who !== undefined && entry.who !== who) return false;
  if (op !== undefined && entry.op !== op) return false;
  if (ok !== undefined && entry.ok !== ok) return false;
  return path === undefined || isBelow(entry.path, path) || isBelow(entry.to, path);
}

function isBelow(path: unknown, folder: string): boolean {
  if (typeof path !== "string") return false;
  // Roles and auth methods have names without the first slash.
  const [bare, wanted] = [path.replace(/^\//, ""), folder.replace(/^\/|\/$/g, "")];
  return wanted === "" || bare === wanted || bare.startsWith(`${wanted}/`);
}
