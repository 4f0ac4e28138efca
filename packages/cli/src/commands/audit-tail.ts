import { type AuditEntry, type AuditSearchReply, type AuditTailReply, auditLimits } from "@halfkey/wire";
import { entryColumns, entryLine, entryRow } from "../audit-entries.ts";
import { defineCommand } from "../command.ts";
import { printable } from "../printable.ts";
import { renderTable } from "../table.ts";
import { write } from "../terminal.ts";

const linesDefault = 10;

export const auditTail = defineCommand({
  name: "audit tail",
  summary: "show the last entries of the audit log, and follow it",
  description: "Needs the admin role. With --json, one entry a line.",
  arguments: {},
  options: {
    lines: {
      kind: "integer",
      short: "n",
      minimum: 1,
      placeholder: "N",
      summary: `the last N (default ${linesDefault})`,
    },
    follow: { kind: "flag", short: "f", summary: "go on with new entries as they come, until Ctrl-C" },
  },
  formats: ["table", "json"],
  examples: [
    { command: "halfkey audit tail", summary: "what happened last" },
    { command: "halfkey audit tail -f --json | jq .path", summary: "paths as they are read" },
  ],
  async run(context, { options }) {
    const gateway = await context.gateway();
    const { output, error } = context.terminal;
    const asJson = context.format === "json";
    const show = async (entries: AuditEntry[], head: string[] | undefined) => {
      if (asJson) await write(output, entries.map(entryLine).join(""));
      else if (entries.length > 0) await write(output, renderTable(entries.map(entryRow), head));
    };
    const warn = async (problems: string[]) => {
      for (const problem of problems) await write(error, `halfkey: warning: ${printable(problem)}\n`);
    };

    const limit = Math.min(options.lines ?? linesDefault, auditLimits.entries);
    const last = await gateway.callOwn<AuditSearchReply>("audit/search", { order: "newest", limit });
    await warn(last.problems);
    await show(last.entries.toReversed(), entryColumns);
    if (!options.follow) return;
    const newest = last.entries[0];
    for (let after = newest === undefined ? "1:0" : `${newest.k}:${newest.index}`; output.writable; ) {
      const fields = { after, waitSeconds: auditLimits.waitSeconds };
      const reply = await gateway.callOwn<AuditTailReply>("audit/tail", fields, { patient: true });
      await warn(reply.problems);
      await show(reply.entries, undefined);
      after = reply.next;
    }
  },
});
