import { type ForwardTarget, sendMs } from "./forward-target.ts";
import type { OpenedEntry } from "./search-audit.ts";

/** Of OpenTelemetry's severities: INFO, and WARN for refusals. */
const severities = { info: 9, warn: 13 } as const;

/** OTLP over HTTP, JSON: one log record an entry, the entry itself as its body. */
export function otlpTarget(url: URL): ForwardTarget {
  const address = url.href.replace(/^otlp\+/, "");
  return {
    async send(entries) {
      const response = await fetch(address, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(bodyOf(entries)),
        signal: AbortSignal.timeout(sendMs),
        // An answer that leads elsewhere would carry the entries there.
        redirect: "error",
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`it answers ${response.status}`);
    },
    close() {},
  };
}

function bodyOf(entries: readonly OpenedEntry[]) {
  const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } });
  return {
    resourceLogs: [
      {
        resource: { attributes: [attribute("service.name", "halfkey-gateway")] },
        scopeLogs: [
          {
            scope: { name: "halfkey.audit" },
            logRecords: entries.map((entry) => ({
              timeUnixNano: `${Number(entry.t ?? 0)}000000`,
              severityNumber: entry.ok === false ? severities.warn : severities.info,
              body: { stringValue: JSON.stringify(entry) },
            })),
          },
        ],
      },
    ],
  };
}
