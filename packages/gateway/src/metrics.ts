import { Counter, collectDefaultMetrics, Gauge, Histogram, type Metric, Registry } from "prom-client";
import type { GatewayStatus } from "./gateway.ts";

/** From a warm read to the 2 s that a request may wait for the vault. */
const durationBucketsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/**
 * What Prometheus reads at `/metrics` (docs/metrics.md). No label ever holds a name, a path or an id: whoever may
 * scrape learns how much happens, not to what.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<"command" | "code">;
  readonly #durations: Histogram<"command">;
  #more: ReadonlySet<Metric> = new Set();

  /** @param status Asked at every scrape. */
  constructor(status: () => GatewayStatus) {
    collectDefaultMetrics({ register: this.#registry, prefix: "halfkey_gateway_" });
    this.#requests = new Counter({
      name: "halfkey_gateway_requests_total",
      help: "Answered requests by command and error code; ok for a success",
      labelNames: ["command", "code"],
      registers: [this.#registry],
    });
    this.#durations = new Histogram({
      name: "halfkey_gateway_request_duration_seconds",
      help: "Time from the request's arrival to its answer",
      labelNames: ["command"],
      buckets: durationBucketsSeconds,
      registers: [this.#registry],
    });
    this.#gauge("ready", "1 when requests are served", () => (status().ready ? 1 : 0));
    this.#gauge("vault_up", "1 when the vault answers", () => (status().vaultAnswers ? 1 : 0));
    this.#gauge("alarm", "1 while an integrity alarm freezes writes", () =>
      status().alarm === undefined ? 0 : 1,
    );
    this.#gauge("journal_seq", "Number of the newest journal entry held here", () => status().seq);
    this.#gauge(
      "missed_entries",
      "Entries this gateway had to catch up with at its start",
      () => status().missed,
    );
    this.#gauge("shares_checked", "1 when the paper shares were seen to recover", () =>
      status().recovery.sharesChecked ? 1 : 0,
    );
    this.#gauge("backup_time_seconds", "When the last verified backup was made, Unix time; 0 for none", () =>
      Math.round((status().recovery.lastBackup ?? 0) / 1000),
    );
    this.#gauge("backup_failures", "Backups that failed since the start", () => status().backupFailures);
    this.#gauge(
      "recovery_warnings",
      "Things left to do before this disk may be lost",
      () => status().recovery.warnings.length,
    );
    this.#gauge("items", "Items in the opened index", () => status().items);
    this.#gauge(
      "rotation_records_left",
      "Records that a rotation has left to seal anew",
      () => status().rotationLeft,
    );
    this.#gauge(
      "audit_forward_behind",
      "Audit entries that wait to be sent on, at the target that is furthest behind",
      () => status().auditBehind,
    );
    this.#gauge("poisoned_records", "Records whose current content is not known", () => status().poisoned);
  }

  /** @param code `ok`, or the code of the refusal. */
  observe(command: string, code: string, milliseconds: number): void {
    this.#requests.inc({ command, code });
    this.#durations.observe({ command }, milliseconds / 1000);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The exposition text. @param more Of parts that may come later; each is taken in once. */
  text(more: readonly Metric[] = []): Promise<string> {
    const [first] = more;
    if (first !== undefined && !this.#more.has(first)) {
      this.#more = new Set(more);
      for (const metric of more) this.#registry.registerMetric(metric);
    }
    return this.#registry.metrics();
  }

  #gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name: `halfkey_gateway_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        this.set(value());
      },
    });
  }
}
