import type { Rule } from "../lint/rule.ts";
import { externalSecret } from "./examples.ts";

export const neverRefreshed: Rule = {
  id: "HK038",
  name: "never-refreshed",
  severity: "warning",
  kinds: ["ExternalSecret"],
  summary: "the Secret is never refreshed",
  effect:
    "A rotation never arrives: with interval 0, `CreatedOnce` and `OnChange` ESO reads the item again only when the manifest changes, or never.",
  bad: externalSecret({ refresh: 'refreshInterval: "0"' }),
  good: externalSecret({ refresh: "refreshInterval: 1m" }),
  source: "ESO 2.9.0, read in the source.",
  check: (manifest, report) => {
    const { refreshInterval, refreshPolicy } = manifest.spec;
    if (refreshPolicy === "CreatedOnce" || refreshPolicy === "OnChange") {
      report([...manifest.specPlace, "refreshPolicy"], `with ${refreshPolicy} a rotation never arrives`);
    } else if (
      typeof refreshInterval === "string" &&
      /^[+-]?0+(?:\.0*)?(?:[a-zµμ]+)?$/.test(refreshInterval)
    ) {
      report([...manifest.specPlace, "refreshInterval"], "with interval 0 a rotation never arrives");
    }
  },
};
