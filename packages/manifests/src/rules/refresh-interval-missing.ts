import type { Rule } from "../lint/rule.ts";
import { externalSecret } from "./examples.ts";

export const refreshIntervalMissing: Rule = {
  id: "HK039",
  name: "refresh-interval-missing",
  severity: "info",
  kinds: ["ExternalSecret"],
  summary: "no refreshInterval",
  effect: "It is one hour then, and a rotation takes as long. With `1m` it takes a minute.",
  bad: externalSecret({ refresh: "" }),
  good: externalSecret({ refresh: "refreshInterval: 1m" }),
  source: "The definitions of ESO 0.20.4 and 2.9.0.",
  check: (manifest, report) => {
    const { refreshInterval, refreshPolicy, data, dataFrom } = manifest.spec;
    if (refreshInterval !== undefined || (refreshPolicy !== undefined && refreshPolicy !== "Periodic"))
      return;
    // A patch says only what it changes.
    if (data === undefined && dataFrom === undefined) return;
    report(manifest.specPlace, "without refreshInterval a rotation takes up to an hour", { atKey: true });
  },
};
