import type { AuditEntry, AuditSearchReply } from "@halfkey/wire";
import { CliError } from "./cli-error.ts";
import type { OptionSpec } from "./command.ts";
import type { Gateway } from "./gateway.ts";
import { printableJson } from "./printable.ts";

/** What narrows a look into the audit log, for every command that does. */
export const auditFilters = {
  since: {
    kind: "text",
    placeholder: "TIME",
    summary: "from this time on: 2026-11-24, …T05:30:00Z, or 2h, 7d ago",
  },
  until: { kind: "text", placeholder: "TIME", summary: "up to this time" },
  who: { kind: "text", placeholder: "ACCESS-ID", summary: "only what this access id did" },
  op: {
    kind: "text",
    placeholder: "WORD",
    summary: "only this operation: read, create, update, delete, move, login …",
  },
  path: {
    kind: "text",
    placeholder: "PATH",
    completes: "folder",
    summary: "only this path, and what is below it",
  },
  refused: { kind: "flag", summary: "only what was refused or failed" },
} as const satisfies Record<string, OptionSpec>;

export interface AuditFilterInput {
  since: string | undefined;
  until: string | undefined;
  who: string | undefined;
  op: string | undefined;
  path: string | undefined;
  refused: boolean;
}

/** The filters as `audit/search` takes them. @throws {CliError} for what is no time. */
export function auditQuery(input: AuditFilterInput, now = Date.now()): Record<string, unknown> {
  const { since, until, who, op, path, refused } = input;
  return {
    ...(since === undefined ? {} : { since: timeFrom(since, now) }),
    ...(until === undefined ? {} : { until: timeFrom(until, now) }),
    ...(who === undefined ? {} : { who }),
    ...(op === undefined ? {} : { op }),
    ...(path === undefined ? {} : { path: path.startsWith("/") ? path : `/${path}` }),
    ...(refused ? { ok: false } : {}),
  };
}

const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function timeFrom(text: string, now: number): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return Math.max(0, now - Number(count) * (units[unit] ?? 0));
  // Only what says a whole date: Date.parse takes almost anything.
  const time = /^\d{4}-\d{2}-\d{2}([T ].*)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time) && time >= 0) return time;
  throw new CliError(`${JSON.stringify(text.slice(0, 40))} is no time`, {
    next: "write 2026-11-24, 2026-11-24T05:30:00Z, or 90s, 15m, 2h, 7d for so long ago",
  });
}

/** All pages of a search, until nothing is left or whoever asks has enough. */
export async function* searchPages(
  gateway: Gateway,
  query: Record<string, unknown>,
): AsyncGenerator<AuditSearchReply> {
  for (let after: string | null | undefined; after !== null; ) {
    const fields = after === undefined ? query : { ...query, after };
    const page: AuditSearchReply = await gateway.callOwn<AuditSearchReply>("audit/search", fields);
    yield page;
    after = page.next;
  }
}

/** One entry, one line: JSON that is safe to look at. */
export function entryLine(entry: AuditEntry): string {
  // Line breaks within strings are escapes; the others are only layout.
  return `${printableJson(entry).replace(/\n\s*/g, "")}\n`;
}

export const entryColumns = ["TIME", "WHO", "OP", "OK", "PATH", "DETAILS", "REQUEST"];

const shownInColumns = new Set(["k", "index", "t", "who", "op", "ok", "path", "to", "req"]);
const detailsLengthMax = 200;

/** One entry as a row of {@link entryColumns}. */
export function entryRow(entry: AuditEntry): string[] {
  const { t, who = "", op = "", ok, path = "", to, req = "" } = entry;
  if (entry.unreadable !== undefined) {
    return [
      "",
      "",
      "unreadable",
      "no",
      "",
      `entry ${entry.k}:${entry.index} does not open (${entry.unreadable})`,
      "",
    ];
  }
  const details = Object.entries(entry)
    .filter(([name]) => !shownInColumns.has(name))
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
  return [
    t === undefined ? "" : timeText(t),
    who,
    op,
    ok ? "yes" : "no",
    to === undefined ? path : `${path} → ${to}`,
    details.length > detailsLengthMax ? `${details.slice(0, detailsLengthMax)}…` : details,
    req,
  ];
}

/** A wrong time must not keep an entry from being shown. */
function timeText(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}
