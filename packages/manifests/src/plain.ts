/** An object as a YAML or JSON parser makes it. */
export type Plain = Readonly<Record<string, unknown>>;

const empty: Plain = Object.freeze(Object.create(null));

/** The object, or an empty one in place of anything else. */
export function asRecord(value: unknown): Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Plain) : empty;
}

/** The list, or an empty one in place of anything else. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The string, or undefined in place of anything else. */
export function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
