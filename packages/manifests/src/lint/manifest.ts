import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, type Pair } from "yaml";
import type { Place } from "../place.ts";
import { asRecord, asText, type Plain } from "../plain.ts";
import type { Range } from "./finding.ts";

export interface Source {
  /** As it is shown: a path, or `<stdin>`. */
  file: string;
  text: string;
}

/** Where the spec that a rule looks at stands, by kind. */
const specPlaces: Readonly<Record<string, Place>> = {
  ExternalSecret: ["spec"],
  ClusterExternalSecret: ["spec", "externalSecretSpec"],
  PushSecret: ["spec"],
  ClusterPushSecret: ["spec", "pushSecretSpec"],
  SecretStore: ["spec"],
  ClusterSecretStore: ["spec"],
};

export type Kind = "ExternalSecret" | "PushSecret" | "Store";
const kinds: Readonly<Record<string, Kind>> = {
  ExternalSecret: "ExternalSecret",
  ClusterExternalSecret: "ExternalSecret",
  PushSecret: "PushSecret",
  ClusterPushSecret: "PushSecret",
  SecretStore: "Store",
  ClusterSecretStore: "Store",
};

/** One manifest of ESO: its plain value, and where each part of it stands in the text. */
export class Manifest {
  readonly source: Source;
  readonly origin: string | undefined;
  readonly root: Plain;
  readonly kind: Kind;
  /** As written: `ClusterExternalSecret`. */
  readonly kindName: string;
  readonly apiVersion: string;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  readonly specPlace: Place;
  readonly spec: Plain;
  readonly #document: Document;
  readonly #base: Place;
  /** Of the document in the whole text. */
  readonly #offset: number;

  private constructor(
    source: Source,
    origin: string | undefined,
    document: Document,
    offset: number,
    base: Place,
    root: Plain,
    kind: Kind,
  ) {
    this.source = source;
    this.origin = origin;
    this.#document = document;
    this.#offset = offset;
    this.#base = base;
    this.root = root;
    this.kind = kind;
    this.kindName = asText(root.kind) ?? "";
    this.apiVersion = asText(root.apiVersion) ?? "";
    const metadata = asRecord(root.metadata);
    this.name = asText(metadata.name);
    this.namespace = asText(metadata.namespace);
    this.specPlace = specPlaces[this.kindName] ?? ["spec"];
    this.spec = this.specPlace.reduce((value: Plain, key) => asRecord(value[key]), root);
  }

  /** @returns undefined for what is no manifest of ESO that rules know. */
  static from(
    source: Source,
    origin: string | undefined,
    document: Document,
    offset: number,
    base: Place,
    value: unknown,
  ): Manifest | undefined {
    const root = asRecord(value);
    const kind = Object.hasOwn(kinds, String(root.kind)) ? kinds[String(root.kind)] : undefined;
    if (!kind || !asText(root.apiVersion)?.startsWith("external-secrets.io/")) return undefined;
    return new Manifest(source, origin, document, offset, base, root, kind);
  }

  /** `ExternalSecret joplin/app`. */
  get subject(): string {
    return `${this.kindName} ${this.namespace === undefined ? "" : `${this.namespace}/`}${this.name ?? "?"}`;
  }

  /** The node at a place, aliases followed; undefined where a merge key or nothing brought the value. */
  nodeAt(place: Place): Node | undefined {
    let node: unknown = this.#document.contents;
    for (const step of [...this.#base, ...place]) {
      node = this.#follow(node);
      if (isMap(node)) node = lastPair(node.items, step)?.value;
      else if (isSeq(node) && typeof step === "number") node = node.items[step];
      else return undefined;
    }
    const found = this.#follow(node);
    return isNode(found) ? found : undefined;
  }

  /** Of the value at a place, else of the nearest thing around it. */
  rangeOf(place: Place): Range {
    for (let length = place.length; length >= 0; length -= 1) {
      const node = this.nodeAt(place.slice(0, length));
      if (node?.range) return this.#shifted(node.range[0], node.range[1]);
    }
    return this.#shifted(0, 0);
  }

  /** Of the key at a place, else as {@link rangeOf}. */
  keyRangeOf(place: Place): Range {
    const parent = this.nodeAt(place.slice(0, -1));
    const key = isMap(parent) ? lastPair(parent.items, place.at(-1))?.key : undefined;
    if (isNode(key) && key.range) return this.#shifted(key.range[0], key.range[1]);
    return this.rangeOf(place);
  }

  /** Every map of the manifest, with its place. */
  *maps(place: Place = []): Generator<{ place: Place; pairs: readonly Pair[] }> {
    const node = this.nodeAt(place);
    if (isMap(node)) {
      yield { place, pairs: node.items };
      for (const { key } of node.items) if (isScalar(key)) yield* this.maps([...place, String(key.value)]);
    } else if (isSeq(node)) {
      for (const index of node.items.keys()) yield* this.maps([...place, index]);
    }
  }

  /** An offset of the document as one of the whole text. */
  absolute(offset: number): number {
    return offset + this.#offset;
  }

  textOf({ start, end }: Range): string {
    return this.source.text.slice(start, end);
  }

  #follow(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }

  #shifted(start: number, end: number): Range {
    return { start: start + this.#offset, end: end + this.#offset };
  }
}

/** A later one with the same key wins, as in every parser of Kubernetes. */
function lastPair(pairs: readonly Pair[], step: string | number | undefined): Pair | undefined {
  return pairs.findLast(({ key }) => (isScalar(key) ? String(key.value) : key) === String(step));
}
