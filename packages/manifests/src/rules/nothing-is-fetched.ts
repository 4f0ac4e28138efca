import type { Rule } from "../lint/rule.ts";
import { asList, asRecord, asText } from "../plain.ts";
import { externalSecret } from "./examples.ts";

export const nothingIsFetched: Rule = {
  id: "HK030",
  name: "nothing-is-fetched",
  severity: "error",
  silent: true,
  kinds: ["ExternalSecret"],
  summary: "neither data nor dataFrom",
  effect:
    "With ESO's webhook it is refused: `either data or dataFrom should be specified`. Without it the ExternalSecret says Ready, `secret retained due to DeletionPolicy=Retain`, and there is **no Secret**.",
  bad: externalSecret({ data: "" }),
  good: externalSecret({}),
  source: "ESO 2.9.0 on Kubernetes 1.36, with and without the webhook.",
  check: (manifest, report) => {
    const { spec, specPlace } = manifest;
    // Without a store either it is a patch, most likely.
    if (asText(asRecord(spec.secretStoreRef).name) === undefined) return;
    if (isGiven(spec.data) || isGiven(spec.dataFrom)) return;
    report(specPlace, "nothing is fetched: it has neither data nor dataFrom", { atKey: true });
  },
};

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && (!Array.isArray(value) || asList(value).length > 0);
}
