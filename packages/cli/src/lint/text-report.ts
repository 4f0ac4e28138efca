import type { Finding, Severity, Source } from "@halfkey/manifests/lint";
import type { Painter } from "../painter.ts";
import { printable } from "../printable.ts";

// Whoever pastes a line of a thousand letters wants to see where, not all of it.
const columnsMax = 160;

/** Findings for people: where, what, the line, and a caret line below it. */
export function textReport(findings: readonly Finding[], sources: readonly Source[], paint: Painter): string {
  const lines = new Map<string, string[]>();
  const lineOf = ({ file, start }: Finding): string => {
    const known =
      lines.get(file) ?? sources.find((source) => source.file === file)?.text.split(/\r?\n/) ?? [];
    lines.set(file, known);
    return known[start.line - 1] ?? "";
  };
  return findings.map((finding) => one(finding, lineOf(finding), paint)).join("");
}

function one(finding: Finding, line: string, paint: Painter): string {
  const { file, origin, start, end, severity, rule, name, message, subject, edits } = finding;
  const where = `${file}:${start.line}:${start.column}`;
  const from = [subject, origin].filter((part) => part !== undefined).join(", ");
  const severityText = severity === "error" ? paint.red(severity) : severity;
  const head = `${printable(where)} ${severityText} ${rule} ${name}${from ? ` (${printable(from)})` : ""}`;
  const mend = edits.length > 0 ? " [--fix]" : "";
  return `${head}\n  ${printable(message)}${mend}\n${caret(line, start, end)}\n`;
}

function caret(line: string, start: Finding["start"], end: Finding["end"]): string {
  const gutter = String(start.line);
  const from = Math.max(0, Math.min(start.column - 1, line.length) - columnsMax / 2);
  const shown = printable(line.slice(from, from + columnsMax).replaceAll("\t", " "));
  const width = end.line === start.line ? end.column - start.column : 1;
  const at = start.column - 1 - from;
  const marks = "^".repeat(Math.max(1, Math.min(width, columnsMax - at)));
  return `  ${gutter} | ${shown}\n  ${" ".repeat(gutter.length)} | ${" ".repeat(at)}${marks}`;
}

/** `2 errors, 1 warning`. */
export function counted(findings: readonly Finding[]): string {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  const [errors, warnings, infos] = [count("error"), count("warning"), count("info")];
  const parts = [
    errors > 0 && `${errors} ${errors === 1 ? "error" : "errors"}`,
    warnings > 0 && `${warnings} ${warnings === 1 ? "warning" : "warnings"}`,
    infos > 0 && `${infos} ${infos === 1 ? "remark" : "remarks"}`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? "nothing to remark" : parts.join(", ");
}
