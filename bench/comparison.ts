import { type LoadShape, measure, type Sample } from "./measure.ts";
import type { Traffic } from "./sides.ts";
import { brief, ratios, spreadOf, spreadText } from "./statistics.ts";

/** One thing that is measured in turns with others. */
export interface Candidate {
  name: string;
  traffic: Traffic;
  shape: LoadShape;
}

/** What one candidate is held against, and what of both. */
export interface Claim {
  ours: string;
  theirs: string;
  /** Throughput; processor time (theirs by ours, so that more is better); or the 99th percentile, the same way. */
  of: "per second" | "cpu" | "p99";
  /** The goal, a ratio. Absent: the figure is only told. */
  hold?: number;
  aim?: number;
}

export interface Comparison {
  title: string;
  candidates: Candidate[];
  claims: Claim[];
}

export interface ComparisonResult {
  title: string;
  samples: Record<string, Sample[]>;
  claims: (Claim & { ratio: { min: number; median: number; max: number } })[];
}

/** A B C A B C …: whatever disturbs the machine meets all of them. A first round warms them up and is not counted. */
export async function compare(comparison: Comparison, rounds: number): Promise<ComparisonResult> {
  const samples: Record<string, Sample[]> = {};
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, traffic, shape } of comparison.candidates) {
      const sample = await measure(traffic, shape);
      samples[name] ??= [];
      if (round > 0) samples[name].push(sample);
    }
  }
  const claims = comparison.claims.map((claim) => ({ ...claim, ratio: ratioOf(claim, samples) }));
  return { title: comparison.title, samples, claims };
}

function ratioOf({ ours, theirs, of }: Claim, samples: Record<string, Sample[]>) {
  const figures = (name: string) => (samples[name] ?? []).map((sample) => figureOf(sample, of));
  return of === "per second"
    ? ratios(figures(ours), figures(theirs))
    : ratios(figures(theirs), figures(ours));
}

function figureOf(sample: Sample, of: Claim["of"]): number {
  if (of === "cpu") return sample.cpuTotalMicroseconds;
  return of === "p99" ? sample.p99 : sample.perSecond;
}

/** The figures and the ratios, as Markdown. */
export function comparisonText({ title, samples, claims }: ComparisonResult): string {
  const rows = Object.entries(samples).map(([name, all]) => {
    const over = (figure: (sample: Sample) => number) => spreadOf(all.map(figure));
    const first = all[0] as Sample;
    const cpu = Object.keys(first.cpuMicroseconds).map((process) => {
      const each = over((sample) => sample.cpuMicroseconds[process] ?? 0).median;
      const seconds = all.reduce((sum, sample) => sum + (sample.cpuSeconds[process] ?? 0), 0);
      return `${process} ${brief(each)} (${brief(seconds)} s)`;
    });
    return [
      name,
      spreadText(over((sample) => sample.perSecond)),
      cpu.join(", "),
      `${brief(over((sample) => sample.p50).median)} / ${brief(over((sample) => sample.p99).median)}`,
      `${brief(over((sample) => sample.foreignShare).median * 100)} %`,
      brief(over((sample) => sample.generatorCores).median),
    ];
  });
  const head = [
    "",
    "per second",
    "CPU µs each (s in all)",
    "p50 / p99 ms",
    "others on the core",
    "generator, cores",
  ];
  const ratioRows = claims.map(({ ours, theirs, of, ratio, hold, aim }) => [
    `${ours} : ${theirs}`,
    of,
    spreadText(ratio, " ×"),
    hold === undefined ? "" : `≥ ${brief(hold)} ×${aim === undefined ? "" : `, aim ${brief(aim)} ×`}`,
    hold === undefined ? "" : verdict(ratio.median, hold, aim),
  ]);
  return [
    `## ${title}`,
    table(head, rows),
    ...(ratioRows.length === 0 ? [] : [table(["ratio", "of", "median (min–max)", "goal", ""], ratioRows)]),
  ].join("\n\n");
}

function verdict(ratio: number, hold: number, aim: number | undefined): string {
  if (aim !== undefined && ratio >= aim) return "aim reached";
  return ratio >= hold ? "held" : "missed";
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
