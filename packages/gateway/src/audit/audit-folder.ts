import { readdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * `<data>/audit/<k>/`: one folder per log, in it segments named after the index of their first leaf, each with
 * the checkpoints that were signed while it was written; and where to go on after a restart.
 */
const digits = 16;

export function logFolder(folder: string, k: number): string {
  return join(folder, String(k));
}

export function segmentFile(logFolder: string, first: number): string {
  return join(logFolder, `${String(first).padStart(digits, "0")}.leaves`);
}

/** C2SP checkpoints, five lines each, oldest first. */
export function checkpointsFile(logFolder: string, first: number): string {
  return join(logFolder, `${String(first).padStart(digits, "0")}.checkpoints`);
}

export function resumeFile(logFolder: string): string {
  return join(logFolder, "resume.json");
}

/** The numbers of the logs in the audit folder, ascending. */
export async function logsIn(folder: string): Promise<number[]> {
  const names = await namesIn(folder);
  return names
    .filter((name) => /^[1-9]\d{0,9}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** The first indexes of a log's segments, ascending. */
export function segmentsIn(logFolder: string): Promise<number[]> {
  return numbered(logFolder, ".leaves");
}

export function checkpointFilesIn(logFolder: string): Promise<number[]> {
  return numbered(logFolder, ".checkpoints");
}

async function numbered(folder: string, ending: string): Promise<number[]> {
  const names = await namesIn(folder);
  return names
    .filter((name) => name.length === digits + ending.length && name.endsWith(ending))
    .map((name) => name.slice(0, digits))
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
