import { runbookFile } from "@halfkey/model";
import { catalogue } from "./catalogue.ts";
import { chooseFormat } from "./choose-format.ts";
import { CliError, DiagnosedFailure, ServerRefusal } from "./cli-error.ts";
import type { Command, Context } from "./command.ts";
import { CurlCommand } from "./curl-command.ts";
import type { Gateway } from "./gateway.ts";
import type { Globals } from "./globals.ts";
import { painter } from "./painter.ts";
import { printable } from "./printable.ts";
import { runSibling, siblingCall } from "./sibling.ts";
import { isGroup, takeName } from "./take-name.ts";
import { type Terminal, write } from "./terminal.ts";

/** The world around one invocation. */
export interface Surroundings {
  terminal: Terminal;
  environment: NodeJS.ProcessEnv;
  workingDirectory: string;
}

/** Runs one command line. @returns the exit code: 0 fine, 1 usage or local, 2 the server said no. */
export async function run(words: string[], surroundings: Surroundings): Promise<number> {
  const { output, error } = surroundings.terminal;
  // `halfkey list | head`: the reader has enough, and the stream says so once more than `write` hears.
  for (const stream of [output, error]) stream.on("error", () => {});
  try {
    const call = siblingCall(words);
    if (call !== undefined) {
      const code = await runSibling(call, surroundings.environment);
      if (code !== undefined) return code;
      throw new CliError(`${call.program} is not installed here`, {
        next: `run it where that half is, or install @halfkey/${call.program.replace("halfkey-", "")}`,
      });
    }
    await dispatch(words, surroundings);
    return 0;
  } catch (failure) {
    if (failure instanceof CurlCommand) {
      await write(output, failure.text);
      return 0;
    }
    if (failure instanceof DiagnosedFailure) return failure.exitCode;
    const shown = failure instanceof CliError ? failure : unexpected(failure);
    await write(error, explain(shown, surroundings));
    return shown.exitCode;
  }
}

async function dispatch(words: string[], surroundings: Surroundings): Promise<void> {
  const { output } = surroundings.terminal;
  const { name, rest } = takeName(words);
  if (name === undefined) {
    if (words.some((word) => ["--version", "-V", "-v"].includes(word)))
      return dispatch(["version"], surroundings);
    const lost = words.find((word) => word.startsWith("-") && word !== "--help" && word !== "-h");
    if (lost !== undefined) throw new CliError("no command was named", { next: "halfkey --help" });
    const { overview } = await import("./overview.ts");
    return write(output, await overview());
  }
  const load = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
  if (!load) {
    const { groupOverview, unknownCommand } = await import("./overview.ts");
    const wantsHelp = rest.length === 0 || rest.includes("--help") || rest.includes("-h");
    if (isGroup(name) && wantsHelp) return write(output, await groupOverview(name));
    throw unknownCommand(name, rest);
  }
  const command = await load();
  const { parse } = await import("./parse.ts");
  const parsed = parse(command, rest);
  if ("help" in parsed) return write(output, parsed.help);
  await runCommand(command, parsed, surroundings);
}

async function runCommand(
  command: Command,
  input: { arguments: Record<string, unknown>; options: Record<string, unknown>; globals: Globals },
  surroundings: Surroundings,
): Promise<void> {
  const { globals } = input;
  refuseUnsupported(globals);
  let gateway: Gateway | undefined;
  const context: Context = {
    ...surroundings,
    globals,
    format: chooseFormat(command, globals, surroundings.environment),
    gateway: async (overrides) => {
      if (!gateway) {
        const { connect } = await import("./gateway.ts");
        gateway = await connect(context, overrides);
      }
      return gateway;
    },
  };
  try {
    await command.run(context, input);
  } catch (error) {
    if (!(error instanceof ServerRefusal) || !gateway) throw error;
    if (globals["output-policy"]) {
      const { neededPolicy } = await import("./needed-policy.ts");
      await write(surroundings.terminal.output, neededPolicy(error) ?? "");
    }
    const { withSuggestion } = await import("./suggest-path.ts");
    throw await withSuggestion(error, gateway);
  } finally {
    gateway?.close();
  }
}

/** What the `akeyless` program has and this one does not: better said than ignored. */
function refuseUnsupported(globals: Globals): void {
  if (globals["jq-expression"] !== undefined) {
    throw new CliError("--jq-expression is not built in", {
      next: "pipe the output: halfkey … --json | jq …",
    });
  }
  if (globals["uid-token"] !== undefined) {
    throw new CliError("universal identity is not supported", { next: "use --token or HALFKEY_TOKEN" });
  }
}

function unexpected(failure: unknown): CliError {
  const { code } = failure as NodeJS.ErrnoException;
  // The message of an unknown failure may quote what it worked on; its kind is enough for a report.
  const kind = failure instanceof Error ? failure.name : typeof failure;
  return new CliError(`unexpected failure: ${code ?? kind}`, { next: "report it; this is a defect" });
}

function explain(
  { message, where, next, runbook }: CliError,
  { terminal, environment }: Surroundings,
): string {
  const paint = painter(terminal.error, environment);
  const lines = [`${paint.red("halfkey:")} ${printable(message)}`];
  if (where) lines.push(`  where: ${printable(where)}`);
  if (next) lines.push(`  next: ${printable(next)}`);
  if (runbook) lines.push(`  runbook: ${runbookFile(runbook)}`);
  return `${lines.join("\n")}\n`;
}
