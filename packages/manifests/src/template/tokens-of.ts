import { TemplateError } from "./node.ts";

export interface Token {
  kind:
    | "field"
    | "variable"
    | "word"
    | "string"
    | "number"
    | "dot"
    | "pipe"
    | "open"
    | "close"
    | "comma"
    | "declare"
    | "assign"
    | "space";
  /** Of a string: what it stands for. */
  text: string;
  /** Offset in the template's text. */
  at: number;
}

// What may follow a word, a field or a variable; anything else is a "bad character" as in `.my-key`.
const ends = /[\s.,|:()=]|$/y;
const forms: readonly (readonly [Token["kind"], RegExp])[] = [
  ["space", /\s+/y],
  ["string", /"(?:[^"\\\n]|\\.)*"/y],
  ["string", /`[^`]*`/y],
  ["number", /'(?:[^'\\\n]|\\.)+'/y],
  ["declare", /:=/y],
  ["assign", /=/y],
  ["pipe", /\|/y],
  ["open", /\(/y],
  ["close", /\)/y],
  ["comma", /,/y],
  ["number", /[+-]?(?:\d|\.\d)[\w.]*(?:[eEpP][+-]?\d\w*)?i?/y],
  ["field", /\.[\p{L}\p{Nd}_]+/uy],
  ["dot", /\./y],
  ["variable", /\$[\p{L}\p{Nd}_]*/uy],
  ["word", /[\p{L}_][\p{L}\p{Nd}_]*/uy],
];

/** @throws {TemplateError} for what is no token */
export function tokensOf(inside: string, from: number): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < inside.length) {
    const { kind, found } = tokenAt(inside, at, from);
    tokens.push({ kind, text: kind === "string" ? unquoted(found, from + at) : found, at: from + at });
    at += found.length;
  }
  return tokens;
}

function tokenAt(inside: string, at: number, from: number): { kind: Token["kind"]; found: string } {
  for (const [kind, form] of forms) {
    form.lastIndex = at;
    const found = form.exec(inside)?.[0];
    if (found === undefined) continue;
    ends.lastIndex = at + found.length;
    if (["field", "variable", "word"].includes(kind) && !ends.test(inside)) {
      throw badCharacter(inside, at + found.length, from);
    }
    return { kind, found };
  }
  throw badCharacter(inside, at, from);
}

function badCharacter(inside: string, at: number, from: number): TemplateError {
  const char = String.fromCodePoint(inside.codePointAt(at) ?? 0);
  const point = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return new TemplateError(`bad character U+${point} '${char}'`, from + at);
}

const simpleEscapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
  "\\": "\\",
  '"': '"',
};
const escapes = /\\(x[\dA-Fa-f]{2}|u[\dA-Fa-f]{4}|U[\dA-Fa-f]{8}|[0-7]{3}|.)/gs;

function unquoted(literal: string, at: number): string {
  if (literal.startsWith("`")) return literal.slice(1, -1);
  return literal.slice(1, -1).replace(escapes, (_all, code: string) => {
    if (code.length === 1 && simpleEscapes[code] !== undefined) return simpleEscapes[code];
    const point = /^[0-7]/.test(code) ? Number.parseInt(code, 8) : Number.parseInt(code.slice(1), 16);
    if (!(point <= 0x10ffff)) throw new TemplateError("invalid syntax in a quoted string", at);
    return String.fromCodePoint(point);
  });
}
