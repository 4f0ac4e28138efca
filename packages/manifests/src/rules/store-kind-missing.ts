import { isMap } from "yaml";
import type { Edit } from "../lint/finding.ts";
import type { Manifest } from "../lint/manifest.ts";
import type { Rule } from "../lint/rule.ts";
import type { Place } from "../place.ts";
import { asList, asRecord, asText } from "../plain.ts";
import { externalSecret } from "./examples.ts";

export const storeKindMissing: Rule = {
  id: "HK003",
  name: "store-kind-missing",
  severity: "error",
  fixable: true,
  kinds: ["ExternalSecret", "PushSecret"],
  summary: "the reference to a ClusterSecretStore has no kind",
  effect:
    'ESO takes a missing kind for `SecretStore` and looks in the manifest\'s own namespace: `could not get SecretStore "cm-akeyless"`.',
  bad: externalSecret({ store: "secretStoreRef:\n  name: cm-akeyless" }),
  good: externalSecret({ store: "secretStoreRef:\n  kind: ClusterSecretStore\n  name: cm-akeyless" }),
  source: "ESO 0.20.4 and 2.9.0 on Kubernetes 1.36.",
  check: (manifest, report, { isClusterStore }) => {
    for (const place of referencesOf(manifest)) {
      const { kind, name } = asRecord(
        place.reduce((value: unknown, step) => asStep(value, step), manifest.root),
      );
      const text = asText(name);
      if (kind !== undefined || !text || !isClusterStore(text)) continue;
      report(
        [...place, "name"],
        `${text} is a ClusterSecretStore, and without \`kind\` ESO looks for a SecretStore`,
        {
          edits: kindBefore(manifest, place),
        },
      );
    }
  },
};

function referencesOf({ kind, spec, specPlace }: Manifest): Place[] {
  if (kind === "PushSecret")
    return asList(spec.secretStoreRefs).map((_, at) => [...specPlace, "secretStoreRefs", at]);
  return [
    [...specPlace, "secretStoreRef"],
    ...["data", "dataFrom"].flatMap((list) =>
      asList(spec[list]).map((_, at) => [...specPlace, list, at, "sourceRef", "storeRef"]),
    ),
  ];
}

function asStep(value: unknown, step: string | number): unknown {
  return typeof step === "number" ? asList(value)[step] : asRecord(value)[step];
}

/** In front of the name: there both styles of YAML take a line or a word more. */
function kindBefore(manifest: Manifest, place: Place): Edit[] {
  const map = manifest.nodeAt(place);
  const { start } = manifest.keyRangeOf([...place, "name"]);
  if (!isMap(map) || manifest.nodeAt([...place, "name"]) === undefined) return [];
  const { text } = manifest.source;
  const isJson = text[start] === '"';
  const kind = isJson ? '"kind": "ClusterSecretStore"' : "kind: ClusterSecretStore";
  if (map.flow) return [{ start, end: start, text: `${kind}, ` }];
  const column = start - (text.lastIndexOf("\n", start - 1) + 1);
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  return [{ start, end: start, text: `${kind}${newline}${" ".repeat(column)}` }];
}
