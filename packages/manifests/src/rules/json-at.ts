import { parseItemPath } from "@halfkey/model";
import type { ItemFacts } from "../lint/rule.ts";

/**
 * A property of an item, as ESO finds it: by its whole name, else as a path of names.
 *
 * @returns undefined where it is not known, or not there
 */
export function jsonAt(items: ItemFacts, key: string | undefined, property: string): unknown {
  try {
    const value: unknown = JSON.parse(items.valueOf(parseItemPath(key ?? "")) ?? "");
    const whole = fieldOf(value, property);
    return whole === undefined ? property.split(".").reduce(fieldOf, value) : whole;
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}
