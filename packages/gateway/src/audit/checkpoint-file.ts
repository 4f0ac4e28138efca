import { open, readFile } from "node:fs/promises";
import type { LogKeys, SignedSize } from "./audit-keys.ts";

/** Every checkpoint is five lines: origin, size, root, an empty line, the signature. */
const linesOfNote = 5;
const tailBytes = 4096;

/** Adds a note; a failed write leaves the file as it was. */
export async function appendCheckpoint(file: string, note: string): Promise<void> {
  const handle = await open(file, "a", 0o600);
  try {
    const { size } = await handle.stat();
    try {
      await handle.appendFile(note);
    } catch (error) {
      await handle.truncate(size).catch(() => {});
      throw error;
    }
  } finally {
    await handle.close();
  }
}

/** All notes of a file, as text. A last one that a crash has cut short is left out. */
export async function readCheckpoints(file: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return notesOf(text);
}

/** The last genuine note of a file, without reading all of it. */
export async function lastCheckpoint(file: string, keys: LogKeys): Promise<SignedSize | undefined> {
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(Math.min(size, tailBytes));
    await handle.read(bytes, 0, bytes.length, size - bytes.length);
    // The tail may begin in the middle of a note.
    const text = bytes.toString("utf8");
    const start = text.indexOf(`${keys.origin}\n`);
    for (const note of start === -1 ? [] : notesOf(text.slice(start)).reverse()) {
      try {
        return keys.openCheckpoint(note);
      } catch {
        // An older one may be whole; `verify` names the broken one.
      }
    }
    return undefined;
  } finally {
    await handle.close();
  }
}

/** Cuts off what a crash has left of a note that was being added. */
export async function mendCheckpoints(file: string): Promise<void> {
  const handle = await open(file, "a+", 0o600);
  try {
    const bytes = await handle.readFile();
    const whole = Buffer.byteLength(notesOf(bytes.toString("utf8")).join(""));
    if (whole < bytes.length) await handle.truncate(whole);
  } finally {
    await handle.close();
  }
}

function notesOf(text: string): string[] {
  const lines = text.split("\n");
  // What stands behind the last line break is no whole line.
  lines.pop();
  const notes: string[] = [];
  for (let at = 0; at + linesOfNote <= lines.length; at += linesOfNote) {
    notes.push(`${lines.slice(at, at + linesOfNote).join("\n")}\n`);
  }
  return notes;
}
