import { type FileHandle, open } from "node:fs/promises";
import { auditLimits } from "@halfkey/wire";
import { auditFilters, auditQuery, entryLine, searchPages } from "../audit-entries.ts";
import { CliError } from "../cli-error.ts";
import { type Context, defineCommand } from "../command.ts";
import { printable } from "../printable.ts";
import { write } from "../terminal.ts";

export const auditExport = defineCommand({
  name: "audit export",
  summary: "write entries of the audit log as JSON lines, oldest first",
  description: "Needs the admin role. The file is made with mode 0600; an existing one is not overwritten.",
  arguments: {
    file: { summary: "where to write; standard output if left out", optional: true, completes: "file" },
  },
  options: auditFilters,
  formats: ["json"],
  examples: [
    { command: "halfkey audit export audit.ndjson --since 30d", summary: "the last month into a file" },
    { command: "halfkey audit export | gzip > audit.ndjson.gz", summary: "everything, compressed" },
  ],
  async run(context, { arguments: { file }, options }) {
    const gateway = await context.gateway();
    const { error } = context.terminal;
    const target = file === undefined || file === "-" ? undefined : await makeFile(file);
    const query = { ...auditQuery(options), order: "oldest", limit: auditLimits.entries };
    let entries = 0;
    const problems = new Set<string>();
    try {
      for await (const page of searchPages(gateway, query)) {
        const text = page.entries.map(entryLine).join("");
        if (target === undefined) await write(context.terminal.output, text);
        else await target.appendFile(text);
        entries += page.entries.length;
        for (const problem of page.problems) problems.add(problem);
        await showProgress(context, entries);
      }
      await target?.sync();
    } finally {
      await target?.close();
    }
    for (const problem of problems) await write(error, `halfkey: warning: ${printable(problem)}\n`);
    if (file !== undefined) await write(error, `halfkey: ${entries} entries written\n`);
    if (problems.size > 0)
      throw new CliError("the export is not complete", { exitCode: 2, next: "halfkey audit verify" });
  },
});

async function makeFile(file: string): Promise<FileHandle> {
  try {
    return await open(file, "wx", 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what = code === "EEXIST" ? "the file is there already" : `the file cannot be made (${code})`;
    throw new CliError(what, { where: file, next: "name another file" });
  }
}

/** For somebody who watches; a program that reads stderr gets no noise. */
async function showProgress({ terminal: { error } }: Context, entries: number): Promise<void> {
  if (error.isTTY) await write(error, `\rhalfkey: ${entries} entries\r`);
}
