import { fieldsOf, isFields } from "./exact-json.ts";

export type Change = "changed" | "unchanged" | "added" | "removed";

/** One field of two values that are JSON objects; fields within fields are joined by dots. */
export interface FieldDiff {
  field: string;
  change: Change;
  /** As JSON; absent where there was none. */
  before?: string;
  after?: string;
}

/**
 * Two values beside each other, by field.
 *
 * @returns undefined unless both are JSON objects.
 */
export function diffFields(before: string, after: string): FieldDiff[] | undefined {
  const [old, young] = [fieldsOf(before), fieldsOf(after)];
  if (!old || !young) return undefined;
  const [left, right] = [flatten(old), flatten(young)];
  const names = [...new Set([...left.keys(), ...right.keys()])].sort();
  return names.map((field) => {
    const [was, is] = [left.get(field), right.get(field)];
    return {
      field,
      change:
        was === undefined ? "added" : is === undefined ? "removed" : was === is ? "unchanged" : "changed",
      ...(was === undefined ? {} : { before: was }),
      ...(is === undefined ? {} : { after: is }),
    };
  });
}

function flatten(fields: Iterable<[string, unknown]>, start = ""): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [key, content] of fields) {
    const name = start + key;
    if (!isFields(content) || Object.keys(content).length === 0) flat.set(name, JSON.stringify(content));
    else for (const [inner, text] of flatten(Object.entries(content), `${name}.`)) flat.set(inner, text);
  }
  return flat;
}

/** Lines that two texts do not share at their beginning and end: what went, and what came in its place. */
export function diffLines(before: string, after: string): { removed: string[]; added: string[] } {
  const [old, young] = [before.split("\n"), after.split("\n")];
  const shortest = Math.min(old.length, young.length);
  let start = 0;
  while (start < shortest && old[start] === young[start]) start += 1;
  let end = 0;
  while (end < shortest - start && old.at(-1 - end) === young.at(-1 - end)) end += 1;
  return { removed: old.slice(start, old.length - end), added: young.slice(start, young.length - end) };
}
