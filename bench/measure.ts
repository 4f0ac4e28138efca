import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { LoadPlan, LoadResult } from "./load.ts";
import { coreBusySeconds, cpuSeconds } from "./process-stat.ts";
import { loadCore, type Side, serverCore, type Traffic } from "./sides.ts";

/** One run of the load generator against one side. */
export interface Sample extends LoadResult {
  perSecond: number;
  /** Processor time per request by process, microseconds. */
  cpuMicroseconds: Record<string, number>;
  cpuTotalMicroseconds: number;
  /** Processor seconds by process during the measured time. */
  cpuSeconds: Record<string, number>;
  /** Share of the servers' core that went to processes of neither side. */
  foreignShare: number;
}

export type LoadShape = Omit<LoadPlan, "url" | "ca" | "requests">;

/** @throws {Error} where a reply was an error: then nothing was measured. */
export async function measure({ side, requests }: Traffic, shape: LoadShape): Promise<Sample> {
  const plan: LoadPlan = { url: side.url, ca: side.ca, requests, ...shape };
  const child = spawn(
    "taskset",
    ["-c", String(loadCore), process.execPath, join(import.meta.dirname, "load.ts")],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  child.stdin.end(JSON.stringify(plan));
  let before: Record<string, number> = {};
  let busyBefore = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{"measuring"')) {
      before = cpuOf(side);
      busyBefore = coreBusySeconds(serverCore);
      continue;
    }
    const after = cpuOf(side);
    return sampleOf(JSON.parse(line) as LoadResult, before, after, coreBusySeconds(serverCore) - busyBefore);
  }
  throw new Error("the load generator ended without a result");
}

function cpuOf(side: Side): Record<string, number> {
  return Object.fromEntries(Object.entries(side.processes()).map(([name, pid]) => [name, cpuSeconds(pid)]));
}

function sampleOf(
  result: LoadResult,
  before: Record<string, number>,
  after: Record<string, number>,
  busySeconds: number,
): Sample {
  const { requests, errors, seconds, firstErrorStatus } = result;
  if (errors > 0)
    throw new Error(`${errors} of ${requests} answers were errors, the first with ${firstErrorStatus}`);
  const used = Object.fromEntries(
    Object.entries(after).map(([name, at]) => [name, at - (before[name] ?? 0)]),
  );
  const total = Object.values(used).reduce((sum, one) => sum + one, 0);
  return {
    ...result,
    perSecond: requests / seconds,
    cpuSeconds: used,
    cpuMicroseconds: Object.fromEntries(
      Object.entries(used).map(([name, one]) => [name, (one * 1e6) / requests]),
    ),
    cpuTotalMicroseconds: (total * 1e6) / requests,
    foreignShare: Math.max(0, (busySeconds - total) / seconds),
  };
}
