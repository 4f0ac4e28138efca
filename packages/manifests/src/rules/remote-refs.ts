import type { Manifest } from "../lint/manifest.ts";
import type { Place } from "../place.ts";
import { asList, asRecord, type Plain } from "../plain.ts";
import { type StoreReference, storeOf } from "../reads-of.ts";

/** One thing that an ExternalSecret fetches: an entry of `data`, or an `extract` or `find` of `dataFrom`. */
export interface RemoteRef {
  by: "data" | "extract" | "find";
  store: StoreReference | undefined;
  /** What stands under `remoteRef`, `extract` or `find`, and where. */
  plain: Plain;
  place: Place;
  /** The entry that it belongs to. */
  entry: Plain;
  entryPlace: Place;
}

export function remoteRefs({ spec, specPlace }: Manifest): RemoteRef[] {
  const usual = storeOf(spec.secretStoreRef);
  const of = (list: "data" | "dataFrom", inside: string, by: RemoteRef["by"]) =>
    asList(spec[list]).flatMap((one, index): RemoteRef[] => {
      const entry = asRecord(one);
      if (entry[inside] === undefined) return [];
      const own = asRecord(entry.sourceRef).storeRef;
      const entryPlace = [...specPlace, list, index];
      return [
        {
          by,
          store: own === undefined ? usual : storeOf(own),
          plain: asRecord(entry[inside]),
          place: [...entryPlace, inside],
          entry,
          entryPlace,
        },
      ];
    });
  return [
    ...of("data", "remoteRef", "data"),
    ...of("dataFrom", "extract", "extract"),
    ...of("dataFrom", "find", "find"),
  ];
}
