import type { AuditVerifyReply } from "@halfkey/wire";
import { CliError } from "../cli-error.ts";
import { type Context, defineCommand } from "../command.ts";
import { printable, printableJson } from "../printable.ts";
import { renderTable } from "../table.ts";
import { write } from "../terminal.ts";

export const auditVerify = defineCommand({
  name: "audit verify",
  summary: "recompute the audit log and compare it with all that was signed",
  description:
    "Needs the admin role. Exit code 2, and the first bad entry of each segment, if the log is not what was written. Old segments are removed after 90 days; the log then begins at a later entry.",
  arguments: {},
  options: {},
  formats: ["table", "json"],
  examples: [{ command: "halfkey audit verify", summary: "before you trust what the log says" }],
  async run(context) {
    const gateway = await context.gateway();
    const { output } = context.terminal;
    const segments: AuditVerifyReply[] = [];
    for (let from: string | null | undefined; from !== null; ) {
      const fields = from === undefined ? {} : { from };
      const segment: AuditVerifyReply = await gateway.callOwn<AuditVerifyReply>("audit/verify", fields);
      segments.push(segment);
      await showProgress(context, segments);
      from = segment.next;
    }
    const problems = segments.flatMap(({ problem }) => problem ?? []);
    const view = { ok: problems.length === 0, logs: logsOf(segments), problems };
    if (context.format === "json") await write(output, `${printableJson(view)}\n`);
    else await write(output, tableOf(view.logs));
    const [first] = problems;
    if (first === undefined) return;
    for (const { k, index, what, file, offset } of problems) {
      const where = `${file}${offset === undefined ? "" : `, byte ${offset}`}`;
      await write(
        context.terminal.error,
        printable(`halfkey: entry ${k}:${index}: ${what} (${where})`).concat("\n"),
      );
    }
    throw new CliError(`the audit log is not what was written, from entry ${first.k}:${first.index} on`, {
      exitCode: 2,
      where: first.file,
      next: "keep a copy of the gateway's audit folder, and see docs/audit.md",
    });
  },
});

interface LogView {
  k: number;
  /** The first entry that is still kept. */
  from: number;
  entries: number;
  segments: number;
  checkpoints: number;
  /** Entries whose epoch is not loaded, so that only their place and bytes were checked. */
  unopened: number;
  /** How many entries the account's journal vouches for; only of the log being written. */
  anchored: number | null;
  ok: boolean;
}

function logsOf(segments: AuditVerifyReply[]): LogView[] {
  const logs = new Map<number, LogView>();
  for (const { k, first, leaves, checkpoints, unopened, problem, log } of segments) {
    const view: LogView = logs.get(k) ?? {
      k,
      from: first,
      entries: 0,
      segments: 0,
      checkpoints: 0,
      unopened: 0,
      anchored: k === log.k ? log.anchored : null,
      ok: true,
    };
    view.entries += leaves;
    view.segments += 1;
    view.checkpoints += checkpoints;
    view.unopened += unopened;
    view.ok &&= problem === null;
    logs.set(k, view);
  }
  return [...logs.values()];
}

function tableOf(logs: LogView[]): string {
  const rows = logs.map(({ k, from, entries, segments, checkpoints, anchored, ok }) => [
    String(k),
    String(from),
    String(entries),
    String(segments),
    String(checkpoints),
    anchored === null ? "" : String(anchored),
    ok ? "whole" : "NOT WHOLE",
  ]);
  return renderTable(rows, ["LOG", "FROM", "ENTRIES", "SEGMENTS", "CHECKPOINTS", "ANCHORED", ""]);
}

async function showProgress({ terminal: { error } }: Context, segments: AuditVerifyReply[]): Promise<void> {
  const entries = segments.reduce((sum, { leaves }) => sum + leaves, 0);
  if (error.isTTY) await write(error, `\rhalfkey: ${entries} entries in ${segments.length} segments\r`);
}
