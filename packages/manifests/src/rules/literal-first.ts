import { isAlias, isMap, isNode, isScalar, type Pair } from "yaml";
import type { Edit } from "../lint/finding.ts";
import type { Manifest } from "../lint/manifest.ts";
import type { Place } from "../place.ts";

/**
 * Moves the literal keys of a map before the others, each with the comments above it, and leaves every letter as it
 * is. Nothing where a move could change the meaning: with anchors, merge keys or keys that come twice.
 */
export function literalFirst(manifest: Manifest, place: Place, literals: ReadonlySet<string>): Edit[] {
  const map = manifest.nodeAt(place);
  if (!isMap(map) || map.anchor || !map.items.every(isPlain)) return [];
  const keys = map.items.map(({ key }) => String((key as { value: unknown }).value));
  if (new Set(keys).size < keys.length) return [];
  const pieces = map.flow ? flowPieces(manifest, map.items) : linePieces(manifest, map.items);
  if (!pieces) return [];
  const isLiteral = (at: number) => literals.has(keys[at] ?? "");
  const order = [...keys.keys()].sort((a, b) => Number(isLiteral(b)) - Number(isLiteral(a)) || a - b);
  return pieces.flatMap((piece, at): Edit[] => {
    const moved = pieces[order[at] ?? at];
    return moved && moved !== piece ? [{ start: piece.start, end: piece.end, text: moved.text }] : [];
  });
}

function isPlain({ key, value }: Pair): boolean {
  return (
    isScalar(key) && key.value !== "<<" && !key.anchor && isNode(value) && !isAlias(value) && !value.anchor
  );
}

type Piece = Edit;

function flowPieces(manifest: Manifest, pairs: readonly Pair[]): Piece[] | undefined {
  const pieces: Piece[] = [];
  for (const { key, value } of pairs) {
    if (!isNode(key) || !isNode(value) || !key.range || !value.range) return undefined;
    const start = manifest.absolute(key.range[0]);
    const end = manifest.absolute(value.range[1]);
    const text = manifest.source.text.slice(start, end);
    // A line comment in it would swallow what comes behind.
    if (text.includes("#")) return undefined;
    pieces.push({ start, end, text });
  }
  return pieces;
}

/** Whole lines: from the end of the pair before to the end of this one. */
function linePieces(manifest: Manifest, pairs: readonly Pair[]): Piece[] | undefined {
  const { text } = manifest.source;
  const starts: number[] = [];
  let end = 0;
  for (const { key, value } of pairs) {
    if (!isNode(key) || !isNode(value) || !key.range || !value.range) return undefined;
    starts.push(text.lastIndexOf("\n", manifest.absolute(key.range[0]) - 1) + 1);
    const last = manifest.absolute(value.range[1]);
    const newline = text[last - 1] === "\n" ? last - 1 : text.indexOf("\n", last);
    end = newline === -1 ? text.length : newline + 1;
  }
  const [first] = starts;
  // The text's last line may lack its end, and then moving it would join two lines.
  if (first === undefined || text[end - 1] !== "\n") return undefined;
  if (new Set(starts).size < starts.length) return undefined;
  const shifted = starts.map((start, at) => beforeComments(text, start, starts[at - 1] ?? 0));
  return shifted.map((start, at) => {
    const stop = shifted[at + 1] ?? end;
    return { start, end: stop, text: text.slice(start, stop) };
  });
}

/** Up over the comment lines that belong to a key. */
function beforeComments(text: string, start: number, limit: number): number {
  let at = start;
  while (at > limit) {
    const above = text.lastIndexOf("\n", at - 2) + 1;
    if (above <= limit || !/^[ \t]*#/.test(text.slice(above, at))) return at;
    at = above;
  }
  return at;
}
