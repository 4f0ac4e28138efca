import {
  checkSegment,
  type ItemPath,
  pathError,
  segmentsOf,
  splitSegments,
  withLeadingSlash,
} from "./item-path.ts";

/** One thing a rule gives, and `deny`, which takes everything away. */
export type Capability = "read" | "create" | "update" | "delete" | "list" | "deny";

export const capabilities: readonly Capability[] = ["read", "create", "update", "delete", "list", "deny"];

/** A pattern of paths and what its holder may do there. Stored as written, compiled when it is loaded. */
export interface AccessRule {
  pattern: string;
  capabilities: readonly Capability[];
  /** Milliseconds since 1970 after which the rule gives nothing; a `deny` never ends. Absent: no end. */
  expires?: number;
}

/** What a caller's token says of him. Only strings fill a template. */
export type Claims = Readonly<Record<string, unknown>>;

type Segment = { kind: "literal"; text: string } | { kind: "any" } | { kind: "claim"; name: string };

/** A parsed pattern: whole segments, and whether anything strictly below matches too (`/*`, `/**`). */
export interface Pattern {
  segments: readonly Segment[];
  below: boolean;
}

const template = /^\{\{([A-Za-z0-9_.-]{1,64})\}\}$/;
const filling = /^[A-Za-z0-9._-]{1,255}$/;

/**
 * An exact path, or segments of which any whole one is `+` or `{{claim}}`, optionally ending in `/*` or `/**`.
 *
 * @throws {CallerError} `E_PATH`; nothing is approximated: a `*` elsewhere is refused.
 */
export function parsePattern(text: string): Pattern {
  const path = withLeadingSlash(text);
  if (path === "/*" || path === "/**") return { segments: [], below: true };
  const tail = path.endsWith("/**") ? 3 : path.endsWith("/*") ? 2 : 0;
  const written = tail === 0 ? path : path.slice(0, -tail);
  return { segments: splitSegments(written).map((part) => parseSegment(part, text)), below: tail > 0 };
}

function parseSegment(part: string, whole: string): Segment {
  if (part === "+") return { kind: "any" };
  const name = template.exec(part)?.[1];
  if (name !== undefined) return { kind: "claim", name };
  if (part.includes("*")) {
    throw pathError(
      whole,
      "has a '*' that is not its last part: write '+' for one part, '/*' at the end for all below",
    );
  }
  checkSegment(part, whole);
  return { kind: "literal", text: part };
}

/**
 * Whether a pattern covers a path. An unfillable template never matches in an allow rule, and matches any
 * one segment in a deny rule: a missing claim must not switch a prohibition off.
 */
export function matches(pattern: Pattern, path: ItemPath, claims: Claims, effect: "allow" | "deny"): boolean {
  const parts = segmentsOf(path);
  const { segments, below } = pattern;
  if (below ? parts.length <= segments.length : parts.length !== segments.length) return false;
  return segments.every((segment, at) => {
    if (segment.kind === "any") return true;
    if (segment.kind === "literal") return segment.text === parts[at];
    const filled = fillClaim(claims, segment.name);
    return filled === undefined ? effect === "deny" : filled === parts[at];
  });
}

/** The one string that fills `{{name}}`, or nothing. Inherited properties, arrays and odd characters fill nothing. */
export function fillClaim(claims: Claims, name: string): string | undefined {
  if (!Object.hasOwn(claims, name)) return undefined;
  const value = claims[name];
  if (typeof value !== "string" || !filling.test(value) || value === "." || value === "..") return undefined;
  return value;
}
