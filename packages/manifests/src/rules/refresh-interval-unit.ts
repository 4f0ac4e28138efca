import type { Rule } from "../lint/rule.ts";
import { asText } from "../plain.ts";
import { externalSecret } from "./examples.ts";

export const refreshIntervalUnit: Rule = {
  id: "HK001",
  name: "refresh-interval-unit",
  severity: "error",
  fixable: true,
  kinds: ["ExternalSecret", "PushSecret"],
  summary: "refreshInterval is no duration of Go",
  effect:
    "Without ESO's webhook the API server takes it, and then ESO stops seeing changes to **all** ExternalSecrets of the cluster, because its watch cannot decode the list. It recovers about 20 seconds after the manifest is gone. With the webhook (Helm's default) it is refused. The units are ns, us, ms, s, m and h; there are no days.",
  bad: externalSecret({ refresh: "refreshInterval: 1d" }),
  good: externalSecret({ refresh: "refreshInterval: 24h" }),
  source: "ESO 2.9.0 on Kubernetes 1.36, with and without the webhook; ESO 0.20.4 likewise.",
  check: (manifest, report) => {
    const text = asText(manifest.spec.refreshInterval);
    if (text === undefined || duration.test(text)) return;
    const place = [...manifest.specPlace, "refreshInterval"];
    const days = /^(\d{1,4})d$/.exec(text)?.[1];
    const node = manifest.rangeOf(place);
    const raw = manifest.textOf(node);
    const edits =
      days && raw.includes(text) ? [{ ...node, text: raw.replace(text, `${Number(days) * 24}h`) }] : [];
    report(place, `${JSON.stringify(text)} is no duration: the units are ns, us, ms, s, m and h`, { edits });
  },
};

// Of Go: https://pkg.go.dev/time#ParseDuration
const duration = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
