import { CallerError } from "./errors.ts";

declare const checked: unique symbol;

/**
 * Where an item lives, such as `/mdapi/joplin/tsig-secret/tsig-secret-key`: the one canonical spelling
 * that is authorised, hashed, stored and audited. Only {@link parseItemPath} makes one.
 *
 * @see docs/cryptography.md, "Paths"
 */
export type ItemPath = string & { readonly [checked]: "ItemPath" };

/** An {@link ItemPath} without its leading slash: the name of a role, an auth method or another record. */
export type RecordName = string & { readonly [checked]: "RecordName" };

export const itemPathBytesMax = 1024;
export const segmentBytesMax = 255;
export const segmentsMax = 32;

const utf8 = new TextEncoder();
// Controls, formats, private use, unassigned; line and paragraph separators; every space but U+0020.
const forbidden = /[\p{C}\p{Zl}\p{Zp}*\\]|(?! )\p{Zs}/u;
// Printable ASCII without the characters that need a closer look: the common case needs no Unicode work.
const plain = /^(?:\/[A-Za-z0-9_,:;=@~^#$%&'()!|-][A-Za-z0-9_.,:;=@~^#$%&'()!|-]*)+$/;

/** @throws {CallerError} `E_PATH`; the message quotes the path's start, so that stray spaces show. */
export function parseItemPath(text: string): ItemPath {
  if (text.length <= segmentBytesMax && plain.test(text) && countSlashes(text) <= segmentsMax) {
    return text as ItemPath;
  }
  const path = withLeadingSlash(text);
  for (const segment of splitSegments(path)) checkSegment(segment, text);
  return path as ItemPath;
}

/** The same rules for names that are no paths: `name(s)` of the specification. @throws {CallerError} `E_PATH` */
export function parseRecordName(text: string): RecordName {
  return parseItemPath(text).slice(1) as RecordName;
}

/**
 * A folder parameter of a list request. `""` and `/` are the root, one trailing slash is cut.
 *
 * @returns the folder with a trailing slash, ready for `startsWith`; `/` for the root.
 * @throws {CallerError} `E_PATH`
 */
export function parseFolder(text: string): string {
  if (text === "" || text === "/") return "/";
  return `${parseItemPath(text.endsWith("/") ? text.slice(0, -1) : text)}/`;
}

export function segmentsOf(path: ItemPath): string[] {
  return path.slice(1).split("/");
}

/** Length, lone surrogates, NFC and the leading slash: the steps that paths and rules share. */
export function withLeadingSlash(text: string): string {
  // Before any Unicode work: sorting long runs of combining marks takes quadratic time, minutes for a megabyte.
  // A character has at least a byte for every two units that it was composed of.
  if (text.length > 2 * itemPathBytesMax) throw pathError(text, `is longer than ${itemPathBytesMax} bytes`);
  if (!text.isWellFormed()) throw pathError(text, "has half of a surrogate pair");
  const normal = text.normalize("NFC");
  return normal.startsWith("/") ? normal : `/${normal}`;
}

/** Cuts an absolute spelling into its segments; each still wants {@link checkSegment}. */
export function splitSegments(path: string): string[] {
  if (utf8.encode(path).length > itemPathBytesMax)
    throw pathError(path, `is longer than ${itemPathBytesMax} bytes`);
  const segments = path.slice(1).split("/");
  if (segments.length > segmentsMax) throw pathError(path, `has more than ${segmentsMax} parts`);
  return segments;
}

export function checkSegment(segment: string, whole: string): void {
  if (segment === "") throw pathError(whole, "has an empty part: a double, trailing or lonely slash");
  if (segment === "." || segment === "..") throw pathError(whole, "has a '.' or '..' part");
  if (segment === "+") throw pathError(whole, "has a '+' part, which is for rules");
  if (utf8.encode(segment).length > segmentBytesMax) {
    throw pathError(whole, `has a part longer than ${segmentBytesMax} bytes`);
  }
  if (segment.startsWith(" ") || segment.endsWith(" ")) {
    throw pathError(whole, "has a part that begins or ends with a space");
  }
  if (segment.includes("{{") || segment.includes("}}")) {
    throw pathError(whole, "has '{{' or '}}', which are for rules");
  }
  if (forbidden.test(segment)) {
    throw pathError(whole, "has a '*', a backslash, or a character that cannot be seen");
  }
}

export function pathError(text: string, why: string): CallerError {
  return new CallerError("E_PATH", `path ${quoted(text.slice(0, 80))} ${why}`);
}

/** With escapes for whatever a terminal or a log would not show as it is. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) =>
    Array.from(
      { length: char.length },
      (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}

function countSlashes(text: string): number {
  let count = 0;
  for (let at = text.indexOf("/"); at !== -1; at = text.indexOf("/", at + 1)) count += 1;
  return count;
}
