import { TemplateError } from "./node.ts";

/** A stretch of plain text, or an action: its inside without braces and trim markers. */
export type Piece =
  | { kind: "text"; at: number; end: number }
  | { kind: "action"; at: number; end: number; from: number; inside: string };

/**
 * Cuts a template at its actions, comments left out.
 *
 * @throws {TemplateError} for an action or a comment without an end
 * @see Go, text/template/parse/lex.go
 */
export function cutActions(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf("{{", at);
    if (open === -1) break;
    if (open > at) pieces.push({ kind: "text", at, end: open });
    const from = open + 2 + (/^-[ \t\r\n]/.test(text.slice(open + 2, open + 4)) ? 2 : 0);
    const comment = text.startsWith("/*", from);
    const close = comment ? endOfComment(text, from, open) : endOfAction(text, from, open);
    const end = close + 2;
    if (!comment) {
      const inside = text.slice(from, close).replace(/[ \t\r\n]-$/, "");
      pieces.push({ kind: "action", at: open, end, from, inside });
    }
    at = end;
  }
  if (at < text.length) pieces.push({ kind: "text", at, end: text.length });
  return pieces;
}

function endOfComment(text: string, from: number, open: number): number {
  const stop = text.indexOf("*/", from + 2);
  if (stop === -1) throw new TemplateError("unclosed comment", open);
  const close = /^(?:[ \t\r\n]-)?\}\}/.exec(text.slice(stop + 2, stop + 6));
  if (!close) throw new TemplateError("comment ends before closing delimiter", open);
  return stop + 2 + close[0].length - 2;
}

/** Braces inside strings do not count. */
function endOfAction(text: string, from: number, open: number): number {
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (char === "`") {
      at = text.indexOf("`", at + 1);
      if (at === -1) throw new TemplateError("unterminated raw quoted string", open);
    } else if (char === '"' || char === "'") {
      at = endOfQuoted(text, at, open);
    } else if (char === "}" && text[at + 1] === "}") {
      return at;
    }
  }
  throw new TemplateError("unclosed action", open);
}

function endOfQuoted(text: string, start: number, open: number): number {
  for (let at = start + 1; at < text.length && text[at] !== "\n"; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === text[start]) return at;
  }
  const what = text[start] === '"' ? "quoted string" : "character constant";
  throw new TemplateError(`unterminated ${what}`, open);
}
