// The two functions are in Node, and not yet in TypeScript's library.
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
};

/**
 * Parses a value that is JSON, with its numbers as they were written: 12345678901234567890 and 1.10 would come
 * back from `JSON.parse` as other texts.
 *
 * @returns its fields, or undefined if it is not a JSON object. Nothing of the text is in an error.
 */
export function fieldsOf(text: string): Map<string, unknown> | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text, keepNumber);
  } catch {
    return undefined;
  }
  return isFields(parsed) ? new Map(Object.entries(parsed)) : undefined;
}

/** Whether a field's content has fields of its own. */
export function isFields(content: unknown): content is Record<string, unknown> {
  return typeof content === "object" && content !== null && !Array.isArray(content) && !isRawJSON(content);
}

/** A field as a text: a string's characters, anything else as JSON. */
export function fieldText(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content);
}

const keepNumber = ((_key: string, content: unknown, { source }: { source: string }) =>
  typeof content === "number" ? rawJSON(source) : content) as Parameters<typeof JSON.parse>[1];
