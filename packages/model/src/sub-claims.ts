import type { Claims } from "./access-rule.ts";

/** What an association asks of a token: AND over keys, OR over each key's values. */
export interface SubClaims {
  /** Values may hold `*` (any characters) and `?` (one character); a claim's own characters are never wildcards. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly caseSensitive: boolean;
}

/** Whether a token's claims fulfil all that is asked. Inherited properties and values that are no strings fulfil nothing. */
export function fulfils(claims: Claims, { values, caseSensitive }: SubClaims): boolean {
  return Object.entries(values).every(([name, wanted]) => {
    if (!Object.hasOwn(claims, name)) return false;
    const held = claims[name];
    const all: unknown[] = Array.isArray(held) ? held : [held];
    return all.some(
      (one) => typeof one === "string" && wanted.some((pattern) => like(pattern, one, caseSensitive)),
    );
  });
}

function like(pattern: string, text: string, caseSensitive: boolean): boolean {
  if (caseSensitive) return wildcardMatches(pattern, text);
  return wildcardMatches(lowerAscii(pattern), lowerAscii(text));
}

/** ASCII letters only: Unicode's folding makes `k` of the Kelvin sign, and so one claim of two. */
function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/**
 * `*` and `?` over whole strings, in time bounded by the product of both lengths: no regular expression is made
 * of what an operator wrote.
 */
function wildcardMatches(pattern: string, text: string): boolean {
  let at = 0;
  let place = 0;
  let star = -1;
  let resume = 0;
  while (place < text.length) {
    if (pattern[at] === "*") {
      star = at;
      resume = place;
      at += 1;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === text[place])) {
      at += 1;
      place += 1;
    } else if (star !== -1) {
      at = star + 1;
      resume += 1;
      place = resume;
    } else return false;
  }
  while (pattern[at] === "*") at += 1;
  return at === pattern.length;
}
