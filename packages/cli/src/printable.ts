const bidi = "\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069";
const unsafe = new RegExp(`[\\p{Cc}\\u2028\\u2029${bidi}]`, "gu");
const unsafeButLayout = new RegExp(`(?![\\n\\t])[\\p{Cc}\\u2028\\u2029${bidi}]`, "gu");

/** For names and messages in a line: whatever could move the cursor or reorder the text is written out. */
export function printable(text: string): string {
  return text.replace(unsafe, writeOut);
}

/** The same for a value on a terminal: its line breaks and tabs stay. */
export function printableValue(text: string): string {
  return text.replace(unsafeButLayout, writeOut);
}

/** JSON that is also safe to look at: the escapes are JSON's own, so it parses to the same. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(unsafeButLayout, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function writeOut(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
