import { AuditTree, CryptoError, equalConstantTime, fromBase64Url, toBase64Url } from "@halfkey/crypto";
import type { LogKeys } from "./audit-keys.ts";
import { encodeFrames, frameTypes } from "./leaf-frames.ts";

/**
 * What a segment begins with: the tree of all leaves before it, under a signed checkpoint. So a segment can be
 * read, gone on with and verified when the ones before it are gone.
 */
export interface SegmentHead {
  /** Index of its first leaf. */
  first: number;
  /** When it was begun, milliseconds since 1970. */
  time: number;
  tree: AuditTree;
}

const format = 1;

export function encodeSegmentHead(head: SegmentHead, keys: LogKeys): Buffer {
  const { tree, first, time } = head;
  const json = JSON.stringify({
    format,
    origin: keys.origin,
    first,
    time,
    note: keys.sign({ size: tree.size, root: tree.root() }),
    frontier: tree.frontier.map(toBase64Url),
  });
  return encodeFrames(frameTypes.head, [Buffer.from(json)]);
}

/** @throws {CryptoError} `E_FORMAT`, `E_CHECK` when it is not what this log's writer has signed. */
export function decodeSegmentHead(payload: Buffer, first: number, keys: LogKeys): SegmentHead {
  const { time, tree, ...head } = parseHead(payload);
  if (head.format !== format || head.first !== first) throw wrong("is for another segment or format");
  const signed = keys.openCheckpoint(head.note);
  if (signed.size !== first || tree.size !== first || !equalConstantTime(signed.root, tree.root()))
    throw wrong("does not fit its checkpoint");
  return { first, time, tree };
}

/** A tree as JSON keeps it, with its signed checkpoint. @throws {CryptoError} */
export function treeUnderNote(note: string, frontier: unknown, keys: LogKeys): AuditTree {
  const { size, root } = keys.openCheckpoint(note);
  const tree = AuditTree.resume(size, hashesOf(frontier));
  if (!equalConstantTime(root, tree.root())) throw wrong("does not fit its checkpoint");
  return tree;
}

function parseHead(payload: Buffer) {
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(payload.toString("utf8")) as Record<string, unknown>;
  } catch {
    throw wrong("is not JSON");
  }
  const { first, time, note } = json;
  if (!isCount(first) || !isCount(time) || typeof note !== "string") throw wrong("lacks a field");
  return { format: json.format, first, time, note, tree: AuditTree.resume(first, hashesOf(json.frontier)) };
}

function hashesOf(frontier: unknown): Buffer[] {
  if (!Array.isArray(frontier)) throw wrong("lacks its tree");
  return frontier.map((hash) => fromBase64Url(String(hash), 32));
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function wrong(how: string): CryptoError {
  return new CryptoError("E_FORMAT", `the head of the segment ${how}`);
}
