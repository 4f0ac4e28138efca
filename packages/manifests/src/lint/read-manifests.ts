import { parseDocument } from "yaml";
import type { Place } from "../place.ts";
import { asRecord, asText } from "../plain.ts";
import { type Cut, cutDocuments } from "./cut-documents.ts";
import type { Range } from "./finding.ts";
import { Manifest, type Source } from "./manifest.ts";

/** A document that could not be read. */
export interface Unreadable {
  source: Source;
  origin: string | undefined;
  range: Range;
  why: string;
}

export interface Reading {
  manifests: Manifest[];
  unreadable: Unreadable[];
}

/** The manifests of ESO in a text: YAML or JSON, one document or many, lists taken apart. It never throws. */
export function readManifests(source: Source): Reading {
  const reading: Reading = { manifests: [], unreadable: [] };
  for (const cut of cutDocuments(source.text)) readDocument(source, cut, reading);
  return reading;
}

function readDocument(source: Source, { text, offset, origin }: Cut, reading: Reading): void {
  const parsed = parse(text);
  if ("why" in parsed) {
    const start = Math.min(offset + parsed.at, source.text.length);
    reading.unreadable.push({ source, origin, range: { start, end: start }, why: parsed.why });
    return;
  }
  const { document, value } = parsed;
  const add = (root: unknown, base: Place) => {
    const manifest = Manifest.from(source, origin, document, offset, base, root);
    if (manifest) reading.manifests.push(manifest);
  };
  const { kind, items } = asRecord(value);
  if (asText(kind)?.endsWith("List") && Array.isArray(items)) {
    for (const [index, item] of items.entries()) add(item, ["items", index]);
  } else {
    add(value, []);
  }
}

type Parsed = { document: ReturnType<typeof parseDocument>; value: unknown } | { at: number; why: string };

function parse(text: string): Parsed {
  try {
    const document = parseDocument(text, {
      uniqueKeys: false,
      merge: true,
      strict: false,
      prettyErrors: false,
      logLevel: "silent",
    });
    const [error] = document.errors;
    if (error) return { at: error.pos[0], why: error.message.split("\n")[0] ?? "" };
    return { document, value: document.toJS() };
  } catch (error) {
    // Aliases that resolve to more than the parser allows, and whatever else a hostile text brings.
    return { at: 0, why: error instanceof Error ? (error.message.split("\n")[0] ?? "") : "" };
  }
}
