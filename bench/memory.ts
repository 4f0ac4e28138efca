import { table } from "./comparison.ts";
import { residentMiB } from "./process-stat.ts";
import type { Started } from "./stage.ts";
import { brief } from "./statistics.ts";

const settleMs = 2000;

export interface MemoryMoment {
  when: string;
  /** MiB by process. */
  resident: Record<string, { now: number; peak: number }>;
}

/** After a pause in which collectors may do their work; none is made to. */
export async function memoryNow({ product, bao }: Started, when: string): Promise<MemoryMoment> {
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const processes = { ...product.processes(), ...bao.processes() };
  return {
    when,
    resident: Object.fromEntries(Object.entries(processes).map(([name, pid]) => [name, residentMiB(pid)])),
  };
}

export function memoryText(moments: readonly MemoryMoment[]): string {
  const names = Object.keys(moments[0]?.resident ?? {});
  const rows = moments.map(({ when, resident }) => [
    when,
    ...names.map((name) => `${brief(resident[name]?.now ?? 0)} (${brief(resident[name]?.peak ?? 0)})`),
  ]);
  return `## Memory, resident MiB (peak of the process)\n\n${table(["", ...names], rows)}`;
}
