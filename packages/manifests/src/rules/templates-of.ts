import type { Manifest } from "../lint/manifest.ts";
import type { Place } from "../place.ts";
import { asList, asRecord, asText } from "../plain.ts";
import { type Node, TemplateError } from "../template/node.ts";
import { parseTemplate } from "../template/parse-template.ts";
import { isRoot, operandsOf, type Site, sitesOf } from "../template/walk.ts";

export interface Template {
  place: Place;
  text: string;
  /** A `literal` is rendered whole and then read as YAML; the others give one value each. */
  kind: "data" | "metadata" | "literal";
  nodes: readonly Node[];
  sites: readonly Site[];
  error: TemplateError | undefined;
}

export interface Templates {
  all: readonly Template[];
  /** Where `data`, `templateFrom` and the rest stand; undefined without a template. */
  place: Place | undefined;
  plain: ReturnType<typeof asRecord>;
}

/** Each rule asks for the same. */
const known = new WeakMap<Manifest, Templates>();

/** Everything in a manifest that ESO renders as a template. */
export function templatesOf(manifest: Manifest): Templates {
  const found = known.get(manifest) ?? find(manifest);
  known.set(manifest, found);
  return found;
}

function find(manifest: Manifest): Templates {
  const target = manifest.kind === "ExternalSecret" ? asRecord(manifest.spec.target) : manifest.spec;
  if (target.template === undefined) return { all: [], place: undefined, plain: asRecord(undefined) };
  const steps = manifest.kind === "ExternalSecret" ? ["target", "template"] : ["template"];
  const place = [...manifest.specPlace, ...steps];
  const plain = asRecord(target.template);
  const metadata = asRecord(plain.metadata);
  return {
    place,
    plain,
    all: [
      ...entries(plain.data, [...place, "data"], "data"),
      ...entries(metadata.annotations, [...place, "metadata", "annotations"], "metadata"),
      ...entries(metadata.labels, [...place, "metadata", "labels"], "metadata"),
      ...asList(plain.templateFrom).flatMap((from, index) => {
        const literal = asText(asRecord(from).literal);
        return literal === undefined
          ? []
          : [template(literal, [...place, "templateFrom", index, "literal"], "literal")];
      }),
    ],
  };
}

function entries(map: unknown, place: Place, kind: Template["kind"]): Template[] {
  return Object.entries(asRecord(map)).flatMap(([key, value]) =>
    typeof value === "string" ? [template(value, [...place, key], kind)] : [],
  );
}

function template(text: string, place: Place, kind: Template["kind"]): Template {
  try {
    const nodes = parseTemplate(text);
    return { place, text, kind, nodes, sites: [...sitesOf(nodes)], error: undefined };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { place, text, kind, nodes: [], sites: [], error };
  }
}

/** Whether a template uses its data in a way that no single key can be named for, as `range` over all does. */
export function usesAll({ sites }: Template): boolean {
  return sites.some(({ pipe, dotIsRoot }) =>
    [...operandsOf(pipe)].some((operand) => isRoot(operand, dotIsRoot)),
  );
}
