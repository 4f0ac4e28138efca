import { type FileHandle, open, rm } from "node:fs/promises";
import { AuditTree, auditLeafHash, CryptoError } from "@halfkey/crypto";
import { makePrivateFolder } from "@halfkey/runtime";
import { AuditDamage } from "./audit-damage.ts";
import { checkpointFilesIn, checkpointsFile, segmentFile, segmentsIn } from "./audit-folder.ts";
import type { LogKeys } from "./audit-keys.ts";
import { AuditLog, type AuditLogOptions } from "./audit-log.ts";
import { lastCheckpoint, mendCheckpoints } from "./checkpoint-file.ts";
import { frameTypes } from "./leaf-frames.ts";
import { type Resume, readResume } from "./resume.ts";
import { scanFrames } from "./scan-frames.ts";
import { createSegment, openSegment, readSegmentHead } from "./segment-file.ts";

/** A new, empty log. */
export async function createLog(options: AuditLogOptions): Promise<AuditLog> {
  makePrivateFolder(options.folder);
  const tree = new AuditTree();
  const head = { first: 0, time: Date.now(), tree: tree.copy() };
  const segment = await createSegment(options.folder, head, options.keys);
  return new AuditLog(options, { tree, segment, checkpointedSize: -1 });
}

/**
 * Opens a log to write on: reads the end of its last segment, from the last checkpoint if that is possible, cuts a
 * torn tail off, and checks that nothing is missing of what was signed.
 *
 * @throws {AuditDamage} naming the first bad place; nothing was changed then.
 */
export async function openLog(options: AuditLogOptions): Promise<AuditLog> {
  const { folder, keys } = options;
  const signedSize = await newestSignedSize(folder, keys);
  const firsts = await segmentsIn(folder);
  for (let first = firsts.pop(); first !== undefined; first = firsts.pop()) {
    const handle = await open(segmentFile(folder, first), "r+");
    try {
      const state = await readSegment(handle, { folder, first, keys, signedSize });
      if (state !== "torn head") {
        await mendCheckpoints(checkpointsFile(folder, first));
        return new AuditLog(options, {
          tree: state.tree,
          segment: { fd: openSegment(folder, first), first, length: state.length, lastTime: state.lastTime },
          checkpointedSize: signedSize,
        });
      }
    } finally {
      await handle.close();
    }
    // A crash while it was made: nothing was ever written to it.
    await rm(segmentFile(folder, first));
  }
  if (signedSize > 0) throw missing(folder, signedSize);
  return createLog(options);
}

async function readSegment(
  handle: FileHandle,
  at: { folder: string; first: number; keys: LogKeys; signedSize: number },
): Promise<Resume | "torn head"> {
  const { folder, first, keys, signedSize } = at;
  const file = segmentFile(folder, first);
  const begun = await headOf(handle, file, first, keys);
  if (begun === "torn head") {
    if (signedSize > first) throw missing(folder, signedSize);
    return begun;
  }
  const resume = await readResume(folder, keys);
  const { size } = await handle.stat();
  const isHere = resume?.first === first && resume.length <= size;
  const fromCheckpoint = isHere ? await readOn(handle, resume, keys) : undefined;
  // Whatever is wrong behind the checkpoint: reading all of it names the first bad place.
  const end = fromCheckpoint?.state === "whole" ? fromCheckpoint : await readOn(handle, begun, keys);
  const index = end.tree.size;
  if (end.state === "damaged")
    throw new AuditDamage({ file, offset: end.length, index }, "the bytes are damaged");
  if (index < signedSize) {
    throw new AuditDamage(
      { file, offset: end.length, index },
      `ends here, but was signed with ${signedSize} leaves`,
    );
  }
  if (end.state === "torn") {
    await handle.truncate(end.length);
    await handle.sync();
  }
  return end;
}

async function headOf(
  handle: FileHandle,
  file: string,
  first: number,
  keys: LogKeys,
): Promise<Resume | "torn head"> {
  try {
    const found = await readSegmentHead(handle, first, keys);
    if (found === "torn") return "torn head";
    if (found === "damaged") throw new AuditDamage({ file, offset: 0, index: first }, "the head is damaged");
    return { first, length: found.end, lastTime: found.head.time, tree: found.head.tree };
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new AuditDamage({ file, offset: 0, index: first }, cause.message, cause);
  }
}

/** Takes the leaves behind a known point into a copy of its tree. */
async function readOn(
  handle: FileHandle,
  from: Resume,
  keys: LogKeys,
): Promise<Resume & { state: "whole" | "torn" | "damaged" }> {
  const tree = from.tree.copy();
  let last: Buffer | undefined;
  const { end, state } = await scanFrames(handle, from.length, ({ type, payload }) => {
    if (type !== frameTypes.leaf) return false;
    tree.append(auditLeafHash(payload));
    last = Buffer.from(payload);
    return true;
  });
  const lastTime = Math.max(from.lastTime, last === undefined ? 0 : timeOf(last, tree.size - 1, keys));
  return { first: from.first, length: end, lastTime, tree, state: state === "stopped" ? "damaged" : state };
}

/** Within a segment times ascend, so the last entry's is the latest; 0 where it cannot be told. */
function timeOf(sealed: Buffer, index: number, keys: LogKeys): number {
  try {
    return Number(keys.open(index, sealed).t) || 0;
  } catch {
    return 0;
  }
}

/** How many leaves the log has surely had: -1 where nothing was signed yet. */
async function newestSignedSize(folder: string, keys: LogKeys): Promise<number> {
  const resume = await readResume(folder, keys);
  const newest = (await checkpointFilesIn(folder)).at(-1);
  const last = newest === undefined ? undefined : await lastCheckpoint(checkpointsFile(folder, newest), keys);
  return Math.max(resume?.tree.size ?? -1, last?.size ?? -1);
}

function missing(folder: string, signedSize: number): AuditDamage {
  return new AuditDamage(
    { file: folder, index: 0 },
    `segments are missing: the log was signed with ${signedSize} leaves`,
  );
}

/** The root that the log had at a smaller size, from its own leaves. Nothing where they are gone or damaged. */
export async function rootAt(folder: string, size: number, keys: LogKeys): Promise<Buffer | undefined> {
  const first = (await segmentsIn(folder)).findLast((one) => one <= size);
  if (first === undefined) return undefined;
  const handle = await open(segmentFile(folder, first), "r");
  try {
    const begun = await readSegmentHead(handle, first, keys);
    if (typeof begun === "string") return undefined;
    const { tree } = begun.head;
    if (tree.size < size) {
      await scanFrames(handle, begun.end, ({ type, payload }) => {
        if (type === frameTypes.leaf) tree.append(auditLeafHash(payload));
        return tree.size < size;
      });
    }
    return tree.size === size ? tree.root() : undefined;
  } catch (error) {
    if (error instanceof CryptoError) return undefined;
    throw error;
  } finally {
    await handle.close();
  }
}
