import type { Manifest } from "../lint/manifest.ts";
import { asList, asRecord, asText } from "../plain.ts";

/** The keys that a template can look up: what was fetched, never other keys of the template. */
export interface FetchedKeys {
  names: ReadonlySet<string>;
  /** False where `dataFrom` or a Secret brings keys that no manifest names. */
  complete: boolean;
}

export function fetchedKeys({ kind, spec }: Manifest): FetchedKeys {
  if (kind !== "ExternalSecret") return { names: new Set(), complete: false };
  const names = asList(spec.data).map((entry) => asText(asRecord(entry).secretKey));
  return {
    names: new Set(names.filter((name) => name !== undefined)),
    complete: asList(spec.dataFrom).length === 0 && names.length > 0 && !names.includes(undefined),
  };
}
