import type { FailureModeName } from "./failure-modes.ts";

/**
 * What a check has found. Anyone may read its texts, and they are pasted into tickets: never a value, a token or
 * a key.
 */
export type Outcome =
  | { status: "ok"; seen: string }
  /** It works, and will not for long, or not as well as it should. */
  | { status: "warn"; seen: string; next?: string }
  | { status: "fail"; seen: string; mode: FailureModeName; next?: string }
  /** There is nothing to look at here. Checks that need this one are run all the same. */
  | { status: "skipped"; seen: string };

/** One small question. What it learns for later checks, it writes into the patient. */
export interface Check<Patient> {
  /** For programs; never renamed. */
  id: string;
  /** One or two words, for people. */
  title: string;
  /** Ids of earlier checks that must not have failed: without them this question makes no sense. */
  needs?: readonly string[];
  /** @returns several outcomes where it looked at several things of one kind. */
  look(patient: Patient): Promise<Outcome | Outcome[]>;
}

export const ok = (seen: string): Outcome => ({ status: "ok", seen });
export const skipped = (seen: string): Outcome => ({ status: "skipped", seen });
export const warn = (seen: string, next?: string): Outcome => ({
  status: "warn",
  seen,
  ...(next === undefined ? {} : { next }),
});
export const fail = (mode: FailureModeName, seen: string, next?: string): Outcome => ({
  status: "fail",
  seen,
  mode,
  ...(next === undefined ? {} : { next }),
});
