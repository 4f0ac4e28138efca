import { auditLimits } from "@halfkey/wire";
import { auditFilters, auditQuery, entryColumns, entryRow, searchPages } from "../audit-entries.ts";
import { defineCommand } from "../command.ts";
import { printable, printableJson } from "../printable.ts";
import { renderTable } from "../table.ts";
import { write } from "../terminal.ts";

const limitDefault = 50;

export const auditSearch = defineCommand({
  name: "audit search",
  summary: "find entries of the audit log, newest first",
  description: "Needs the admin role. Entries that no longer open are shown, whatever was asked for.",
  arguments: {},
  options: {
    ...auditFilters,
    limit: {
      kind: "integer",
      minimum: 1,
      placeholder: "N",
      summary: `at most so many (default ${limitDefault})`,
    },
    oldest: { kind: "flag", summary: "oldest first" },
  },
  formats: ["table", "json"],
  examples: [
    {
      command: "halfkey audit search --path /mdapi/joplin --since 7d",
      summary: "who read one namespace, this week",
    },
    {
      command: "halfkey audit search --refused --since 1h --json",
      summary: "refusals of the last hour, for a program",
    },
  ],
  async run(context, { options }) {
    const gateway = await context.gateway();
    const { output, error } = context.terminal;
    const wanted = options.limit ?? limitDefault;
    const query = { ...auditQuery(options), order: options.oldest ? "oldest" : "newest" };
    const entries = [];
    for await (const page of searchPages(gateway, {
      ...query,
      limit: Math.min(wanted, auditLimits.entries),
    })) {
      for (const problem of page.problems) await write(error, `halfkey: warning: ${printable(problem)}\n`);
      entries.push(...page.entries);
      if (entries.length >= wanted) break;
    }
    const shown = entries.slice(0, wanted);
    if (context.format === "json") return write(output, `${printableJson(shown)}\n`);
    if (shown.length === 0) return write(error, "halfkey: no entry matches\n");
    await write(output, renderTable(shown.map(entryRow), entryColumns));
  },
});
