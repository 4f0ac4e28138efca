import { type Diagnosis, exitCodeOf, reportText } from "@halfkey/diagnosis";
import { DiagnosedFailure } from "../cli-error.ts";
import type { Context } from "../command.ts";
import { painter } from "../painter.ts";
import { show } from "../show.ts";

/** Prints what was found. @throws {DiagnosedFailure} for the exit code, if something is broken. */
export async function showDiagnosis(context: Context, diagnosis: Diagnosis): Promise<void> {
  const { terminal, environment } = context;
  const text = reportText(diagnosis, painter(terminal.output, environment));
  await show(context, { data: diagnosis, text });
  const exitCode = exitCodeOf(diagnosis);
  if (exitCode !== 0) throw new DiagnosedFailure(exitCode);
}
