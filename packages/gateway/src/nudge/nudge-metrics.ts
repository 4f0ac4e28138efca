import { Counter, Gauge, Histogram, type Metric } from "prom-client";

const secondsBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What the nudge tells Prometheus (docs/metrics.md); registered only where it is on. */
export class NudgeMetrics {
  readonly nudges = new Counter({
    name: "halfkey_gateway_nudges_total",
    help: "Nudges by outcome: sent, spared (another gateway was first), gone, failed, lost",
    labelNames: ["outcome"],
    registers: [],
  });
  readonly seconds = new Histogram({
    name: "halfkey_gateway_nudge_seconds",
    help: "From a change being visible here to External Secrets being told",
    buckets: secondsBuckets,
    registers: [],
  });
  readonly restarts = new Counter({
    name: "halfkey_gateway_nudge_restarts_total",
    help: "Workloads restarted, by outcome: sent, failed",
    labelNames: ["outcome"],
    registers: [],
  });
  readonly watched: Gauge;
  readonly waiting: Gauge;

  constructor(counts: { watched(): number; waiting(): number }) {
    this.watched = gauge("watched", "ExternalSecrets that read from our stores", counts.watched);
    this.waiting = gauge("waiting", "Nudges that wait for their turn", counts.waiting);
  }

  get all(): Metric[] {
    return [this.nudges, this.seconds, this.restarts, this.watched, this.waiting];
  }
}

function gauge(name: string, help: string, value: () => number): Gauge {
  return new Gauge({
    name: `halfkey_gateway_nudge_${name}`,
    help,
    registers: [],
    collect() {
      this.set(value());
    },
  });
}
