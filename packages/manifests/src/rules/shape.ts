import { isScalar } from "yaml";
import type { Manifest } from "../lint/manifest.ts";
import type { Place } from "../place.ts";
import { asList, asRecord } from "../plain.ts";

/** As the API server's definitions have it; `any` where a version or a rule of their own decides. */
type Shape =
  | "text"
  | "any"
  | { fields: Readonly<Record<string, Shape>> }
  | { list: Shape }
  | { mapOf: Shape };

const text: Shape = "text";
const storeRef: Shape = { fields: { name: text, kind: text } };
const generatorRef: Shape = { fields: { apiVersion: text, kind: text, name: text } };
const sourceRef: Shape = { fields: { storeRef, generatorRef } };

// With the fields that came after 0.20: a field too many is no mistake for certain.
const remoteRef: Shape = {
  fields: {
    key: text,
    property: text,
    version: text,
    metadataPolicy: text,
    conversionStrategy: text,
    decodingStrategy: text,
    nullBytePolicy: text,
  },
};
const find: Shape = {
  fields: {
    path: text,
    name: { fields: { regexp: text } },
    tags: { mapOf: text },
    conversionStrategy: text,
    decodingStrategy: text,
    nullBytePolicy: text,
  },
};
const templateRef: Shape = {
  fields: { name: text, items: { list: { fields: { key: text, templateAs: text } } } },
};
const template: Shape = {
  fields: {
    type: text,
    engineVersion: text,
    mergePolicy: text,
    metadata: {
      fields: { annotations: { mapOf: text }, labels: { mapOf: text }, finalizers: { list: text } },
    },
    data: { mapOf: text },
    templateFrom: {
      list: {
        fields: {
          configMap: templateRef,
          secret: templateRef,
          target: text,
          literal: text,
          valuesDecodingStrategy: text,
        },
      },
    },
  },
};
const externalSecret: Shape = {
  fields: {
    secretStoreRef: storeRef,
    target: {
      fields: {
        name: text,
        creationPolicy: text,
        deletionPolicy: text,
        template,
        immutable: "any",
        manifest: "any",
      },
    },
    refreshPolicy: text,
    refreshInterval: text,
    syncWindows: "any",
    data: { list: { fields: { secretKey: text, remoteRef, sourceRef } } },
    dataFrom: { list: { fields: { extract: remoteRef, find, rewrite: "any", sourceRef } } },
  },
};
const pushSecret: Shape = {
  fields: {
    refreshInterval: text,
    secretStoreRefs: { list: { fields: { name: text, kind: text, labelSelector: "any" } } },
    updatePolicy: text,
    deletionPolicy: text,
    selector: "any",
    data: {
      list: {
        fields: {
          match: { fields: { secretKey: text, remoteRef: { fields: { remoteKey: text, property: text } } } },
          metadata: "any",
          conversionStrategy: text,
        },
      },
    },
    dataTo: "any",
    template,
  },
};

interface Visit {
  place: Place;
  value: unknown;
  shape: Shape | undefined;
  /** The fields beside it. */
  siblings: readonly string[];
}

function* visit(value: unknown, shape: Shape, place: Place): Generator<Visit> {
  if (typeof shape === "string") return;
  if ("list" in shape) {
    for (const [index, one] of asList(value).entries())
      yield* visitOne(one, shape.list, [...place, index], []);
  } else if ("mapOf" in shape) {
    for (const [key, one] of Object.entries(asRecord(value)))
      yield* visitOne(one, shape.mapOf, [...place, key], []);
  } else {
    const siblings = Object.keys(shape.fields);
    for (const [key, one] of Object.entries(asRecord(value))) {
      const own = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined;
      yield* visitOne(one, own, [...place, key], siblings);
    }
  }
}

function* visitOne(
  value: unknown,
  shape: Shape | undefined,
  place: Place,
  siblings: readonly string[],
): Generator<Visit> {
  yield { place, value, shape, siblings };
  if (shape) yield* visit(value, shape, place);
}

function visits({ kind, spec, specPlace }: Manifest): Generator<Visit> {
  return visit(spec, kind === "PushSecret" ? pushSecret : externalSecret, specPlace);
}

/** Fields that the API server would prune. */
export function unknownFields(manifest: Manifest): { place: Place; instead: readonly string[] }[] {
  return [...visits(manifest)]
    .filter(({ shape, place }) => shape === undefined && manifest.nodeAt(place.slice(0, -1)) !== undefined)
    .map(({ place, siblings }) => ({ place, instead: siblings.length > 8 ? [] : siblings }));
}

// Booleans to the parser of kubectl, which is one of YAML 1.1, and texts to YAML 1.2.
const oldBooleans = /^(?:y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF)$/;

/** Values that Kubernetes does not read as the text that belongs there. */
export function scalarsOf(manifest: Manifest): { place: Place; what: string; quotable: boolean }[] {
  return [...visits(manifest)].flatMap(({ place, value, shape }) => {
    if (shape !== "text") return [];
    const isBare = ["number", "boolean"].includes(typeof value);
    if (!isBare && !(typeof value === "string" && oldBooleans.test(value))) return [];
    const node = manifest.nodeAt(place);
    if (!isScalar(node) || node.type !== "PLAIN" || node.tag) return [];
    const what = typeof value === "number" ? "a number" : "a boolean";
    return [{ place, what, quotable: place.at(-1) !== "refreshInterval" }];
  });
}
