/** One document of a stream. */
export interface Cut {
  text: string;
  /** Of its first character in the whole text. */
  offset: number;
  /** What a `# Source:` comment of `helm template` says. */
  origin: string | undefined;
}

/**
 * The documents of a stream that are about ESO. A line that begins with `---` ends a document whatever stands
 * before it, so the others need no parser: most of what `helm template` prints is something else.
 */
export function cutDocuments(text: string): Cut[] {
  const cuts: Cut[] = [];
  const marks = /^---(?=[\s]|$)/gm;
  let start = 0;
  for (;;) {
    const mark = marks.exec(text);
    const end = mark?.index ?? text.length;
    const part = text.slice(start, end);
    if (part.includes("external-secrets.io")) {
      cuts.push({ text: part, offset: start, origin: /^# Source: (.+?)\r?$/m.exec(part)?.[1] });
    }
    if (!mark) return cuts;
    start = end;
  }
}
