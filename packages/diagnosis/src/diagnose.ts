import { type Runbook, runbookFile } from "@halfkey/model";
import type { Check, Outcome } from "./check.ts";
import { type FailureModeName, failureModes, type Side } from "./failure-modes.ts";

/** What one check found, as programs read it: fields are added, never renamed. */
export interface Finding {
  id: string;
  title: string;
  status: Outcome["status"];
  seen: string;
  side?: Side;
  mode?: FailureModeName;
  next?: string;
  runbook?: string;
}

export interface Verdict {
  mode: FailureModeName;
  title: string;
  side: Side;
  seen: string;
  next: string;
  runbook: string;
}

export interface Diagnosis {
  ok: boolean;
  /** The first failure: what stands behind it mostly follows from it. */
  verdict: Verdict | null;
  checks: Finding[];
}

/** Asks one question after the other; what a failed one makes pointless is skipped, and says for which. */
export async function diagnose<Patient>(
  checks: readonly Check<Patient>[],
  patient: Patient,
): Promise<Diagnosis> {
  const findings: Finding[] = [];
  /** Check → title of the failed one that stops it. */
  const stopped = new Map<string, string>();
  for (const check of checks) {
    const { id, title, needs = [] } = check;
    const obstacle = needs.map((need) => stopped.get(need)).find((found) => found !== undefined);
    if (obstacle !== undefined) {
      stopped.set(id, obstacle);
      findings.push({ id, title, status: "skipped", seen: `not looked at: ${obstacle} failed` });
      continue;
    }
    const outcomes = [await look(check, patient)].flat();
    if (outcomes.some(({ status }) => status === "fail")) stopped.set(id, title);
    findings.push(...outcomes.map((outcome) => findingOf(id, title, outcome)));
  }
  const first = findings.find(({ status }) => status === "fail");
  return {
    ok: first === undefined,
    verdict: first === undefined ? null : verdictOf(first),
    checks: findings,
  };
}

async function look<Patient>(check: Check<Patient>, patient: Patient): Promise<Outcome | Outcome[]> {
  try {
    return await check.look(patient);
  } catch (error) {
    // One question that cannot be asked must not end the others. The message could quote anything.
    const { code, name } = error as NodeJS.ErrnoException;
    return { status: "warn", seen: `could not be looked at (${code ?? name})` };
  }
}

function findingOf(id: string, title: string, outcome: Outcome): Finding {
  const { status, seen } = outcome;
  if (status !== "fail") {
    return { id, title, status, seen, ...("next" in outcome ? { next: outcome.next } : {}) } as Finding;
  }
  const { mode } = outcome;
  const { side, runbook, next } = failureModes[mode];
  return { id, title, status, seen, side, mode, next: outcome.next ?? next, runbook: runbookFile(runbook) };
}

function verdictOf({ mode = "secret-synced-error", seen, next }: Finding): Verdict {
  const known: { title: string; side: Side; next: string; runbook: Runbook } = failureModes[mode];
  const { title, side, runbook } = known;
  return { mode, title, side, seen, next: next ?? known.next, runbook: runbookFile(runbook) };
}

/** 0: nothing found. 1: it is to be mended on this machine. 2: elsewhere. */
export function exitCodeOf({ verdict }: Diagnosis): 0 | 1 | 2 {
  if (verdict === null) return 0;
  return verdict.side === "here" ? 1 : 2;
}
