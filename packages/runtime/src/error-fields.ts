import { HalfkeyError, OperatorError, runbookFile, runbookOf } from "@halfkey/model";

/** What a log line tells about an error, its causes in order. */
export interface ErrorFields {
  type: string;
  code?: string;
  message?: string;
  /** The page that helps on, of failures that an operator has to look into. */
  runbook?: string;
  /** File and line of the nearest stack frame: present for defects only. */
  at?: string;
  cause?: ErrorFields;
}

const chainMax = 8;

/**
 * An error reduced to what can hold no secret. Messages of unknown origin may quote what was parsed (JSON.parse
 * does), and properties may hold whole requests, so only messages from sources that we have read are kept.
 */
export function errorFields(error: unknown, depth = 1): ErrorFields {
  if (!(error instanceof Error)) return { type: typeof error };
  const code = (error as { code?: unknown }).code;
  const fields: ErrorFields = { type: error.name };
  if (typeof code === "string") fields.code = code;
  const runbook = error instanceof OperatorError ? runbookOf(error.code) : undefined;
  if (runbook !== undefined) fields.runbook = runbookFile(runbook);
  if (mayShowMessage(error, code)) fields.message = error.message;
  else {
    const at = nearestFrame(error);
    if (at !== undefined) fields.at = at;
  }
  if (error.cause !== undefined && depth < chainMax) fields.cause = errorFields(error.cause, depth + 1);
  return fields;
}

function mayShowMessage(error: Error, code: unknown): boolean {
  if (error instanceof HalfkeyError) return true;
  if (typeof code !== "string") return false;
  const isOurs = code.startsWith("E_");
  const isSystemCall = typeof (error as { syscall?: unknown }).syscall === "string";
  return isOurs || isSystemCall || code === "ERR_SQLITE_ERROR";
}

function nearestFrame(error: Error): string | undefined {
  // The lines above the first frame are the message, which may have lines that look like frames: so from the end.
  const lines = (error.stack ?? "").split("\n");
  let first = lines.length;
  while (first > 0 && /^\s+at /.test(lines[first - 1] ?? "")) first -= 1;
  const frame = /([^/\\() ]+:\d+):\d+\)?$/.exec(lines[first] ?? "");
  return frame?.[1];
}
