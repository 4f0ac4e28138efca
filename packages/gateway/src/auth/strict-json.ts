const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const depthMax = 16;

/**
 * A JSON object in which every name stands once, at every depth. Parsers differ in which of two equal names they
 * take, and a signature over both would prove either.
 *
 * @returns `undefined` for anything else.
 */
export function parseStrictObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = utf8.decode(bytes);
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
    return namesAreUnique(text) ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    // The parser's message quotes the text.
    return undefined;
  }
}

/** @param text JSON that has been parsed, so that only strings and brackets need a look. */
function namesAreUnique(text: string): boolean {
  /** One set of names for each open object, nothing for an array. */
  const open: (Set<string> | undefined)[] = [];
  let isName = false;
  for (let at = 0; at < text.length; at += 1) {
    switch (text[at]) {
      case '"': {
        const end = endOfString(text, at);
        if (isName) {
          const names = open.at(-1);
          // An escape must not make two spellings of one name.
          const name: string = JSON.parse(text.slice(at, end + 1));
          if (names === undefined || names.has(name)) return false;
          names.add(name);
          isName = false;
        }
        at = end;
        break;
      }
      case "{":
        open.push(new Set());
        isName = true;
        break;
      case "[":
        open.push(undefined);
        isName = false;
        break;
      case "}":
      case "]":
        open.pop();
        isName = false;
        break;
      case ",":
        isName = open.at(-1) !== undefined;
        break;
    }
    if (open.length > depthMax) return false;
  }
  return true;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}
