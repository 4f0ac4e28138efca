import { readFile } from "node:fs/promises";
import { type AuditTree, toBase64Url } from "@halfkey/crypto";
import { resumeFile } from "./audit-folder.ts";
import type { LogKeys } from "./audit-keys.ts";
import { treeUnderNote } from "./segment-head.ts";

/** Where the next start may begin to read, instead of at the head of the last segment. */
export interface Resume {
  /** The segment, by the index of its first leaf. */
  first: number;
  /** Bytes of it that the tree covers. */
  length: number;
  lastTime: number;
  tree: AuditTree;
}

export function encodeResume(resume: Resume & { note: string }): string {
  const { first, length, lastTime, tree, note } = resume;
  return `${JSON.stringify({ first, length, lastTime, note, frontier: tree.frontier.map(toBase64Url) })}\n`;
}

/** Nothing where there is none or anything is wrong with it: it only saves time. */
export async function readResume(folder: string, keys: LogKeys): Promise<Resume | undefined> {
  try {
    const json = JSON.parse(await readFile(resumeFile(folder), "utf8")) as Record<string, unknown>;
    const numbers = [json.first, json.length, json.lastTime];
    if (!numbers.every(Number.isSafeInteger)) return undefined;
    const [first, length, lastTime] = numbers as [number, number, number];
    return { first, length, lastTime, tree: treeUnderNote(String(json.note), json.frontier, keys) };
  } catch {
    return undefined;
  }
}
