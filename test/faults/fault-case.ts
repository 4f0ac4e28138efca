import type { HalfName } from "../../dev/layout.ts";
import {
  diskSteps,
  durableSteps,
  type FaultError,
  type FaultKind,
  faultKinds,
  type StepClass,
} from "./fault-control.ts";

/** One fault in the life of one half: from its start over a few writes to its orderly stop. */
export interface FaultCase {
  half: HalfName;
  kind: FaultKind;
  /** Of kind `fail`. */
  error?: FaultError;
  /** `for-good`: it goes on until it is lifted. */
  lasts: "once" | "for-good";
  /** The step that it befalls, from 1, counted from the start of the process. */
  at: number;
  /** Decides what is written, and what is torn or lost. */
  seed: number;
}

/** Which steps are counted: a call can only fail in a way that is its own. */
export function stepsOf({ kind, error }: Pick<FaultCase, "kind" | "error">): readonly StepClass[] {
  if (error === "ECONNRESET") return ["network"];
  return kind === "fail" || kind === "lose" || kind === "reorder" ? diskSteps : durableSteps;
}

/** As `npm run faults -- --case` takes it. */
export function caseText({ half, kind, error, lasts, at, seed }: FaultCase): string {
  return [half, kind, error ?? "-", lasts, at, seed].join(":");
}

/** @throws {Error} for a text that {@link caseText} does not make. */
export function parseCase(text: string): FaultCase {
  const [half, kind, error, lasts, at, seed] = text.split(":");
  const isCase =
    (half === "vault" || half === "gateway") &&
    faultKinds.some((one) => one === kind) &&
    (lasts === "once" || lasts === "for-good") &&
    Number(at) >= 1 &&
    Number(seed) >= 0;
  if (!isCase) throw new Error(`${text} is no case, such as gateway:kill-before:-:once:17:1`);
  return {
    half,
    kind: kind as FaultKind,
    ...(error === "-" ? {} : { error: error as FaultError }),
    lasts,
    at: Number(at),
    seed: Number(seed),
  };
}
