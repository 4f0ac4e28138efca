import { loadAll } from "../packages/cli/src/catalogue.ts";
import { listed } from "../packages/cli/src/choose-format.ts";
import type { ArgumentSpec, Command, OptionSpec, Section } from "../packages/cli/src/command.ts";
import { globalOptions } from "../packages/cli/src/globals.ts";
import { commandsOf, sections } from "../packages/cli/src/overview.ts";

export const cliFolder = "docs/cli";

/** One page per command, and one that lists them. */
export async function cliPages(note: string): Promise<[string, string][]> {
  const commands = (await loadAll()).filter(({ hidden }) => !hidden);
  const pages = commands.map((command): [string, string] => [
    `${cliFolder}/${fileOf(command)}`,
    commandPage(command, note),
  ]);
  return [[`${cliFolder}/README.md`, listPage(commands, note)], ...pages];
}

function fileOf({ name }: Command): string {
  return `${name.replaceAll(" ", "-")}.md`;
}

function listPage(commands: readonly Command[], note: string): string {
  const lists = Object.entries(sections).map(([section, heading]) => {
    const rows = commandsOf(section as Section, commands).map(
      (command) => `| [\`${command.name}\`](${fileOf(command)}) | ${cell(command.summary)} |`,
    );
    return `## ${heading}\n\n| command | does |\n|---|---|\n${rows.join("\n")}\n`;
  });
  const everywhere = Object.entries(globalOptions as Record<string, OptionSpec>);
  return `# Commands of halfkey

${note}

What all of them share (values, profiles, formats, errors, exit codes) is in [../cli.md](../cli.md).

${lists.join("\n")}
## Options of every command

Before or after the command's name.

${optionTable(everywhere)}
`;
}

function commandPage(command: Command, note: string): string {
  const { name, summary, description, examples } = command;
  const argumentRows = Object.entries(command.arguments).map(
    ([argument, spec]) => `| \`${placeOf(argument, spec)}\` | ${cell(spec.summary)} |`,
  );
  const options = Object.entries(command.options);
  const withoutEffect = options.filter(([, { hidden }]) => hidden).map(([option]) => `\`--${option}\``);
  const parts = [
    `# halfkey ${name}`,
    note,
    `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
    description,
    `\`\`\`\n${usage(command)}\n\`\`\``,
    argumentRows.length > 0 && `| argument | |\n|---|---|\n${argumentRows.join("\n")}`,
    options.some(([, { hidden }]) => !hidden) && optionTable(options),
    withoutEffect.length > 0 &&
      `Also understood, for scripts written for \`akeyless\`: ${withoutEffect.join(", ")}.`,
    `It prints ${listed(command.formats)}; the first is the default. [What every command takes](README.md#options-of-every-command), [formats, errors and exit codes](../cli.md).`,
    examples.length > 0 &&
      `## Examples\n\n${examples.map((one) => `${sentence(one.summary)}\n\n\`\`\`sh\n${one.command}\n\`\`\``).join("\n\n")}`,
  ];
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}

function usage(command: Command): string {
  const words = Object.entries(command.arguments).map(([name, spec]) => placeOf(name, spec));
  const required = Object.entries(command.options).flatMap(([name, spec]) =>
    spec.kind !== "flag" && "required" in spec ? [`--${name} ${spec.placeholder}`] : [],
  );
  const optional = Object.values(command.options).some((spec) => !("required" in spec) && !spec.hidden);
  return ["halfkey", command.name, ...words, ...required, ...(optional ? ["[options]"] : [])].join(" ");
}

function placeOf(name: string, { optional, many, values }: ArgumentSpec): string {
  const word = `${values ? values.join("|") : name.toUpperCase()}${many ? "…" : ""}`;
  return optional ? `[${word}]` : word;
}

function optionTable(options: readonly [string, OptionSpec][]): string {
  const rows = options
    .filter(([, { hidden }]) => !hidden)
    .map(([name, spec]) => {
      const short = spec.short ? `-${spec.short}, ` : "";
      const placeholder = spec.kind === "flag" ? "" : ` ${spec.placeholder}`;
      const values =
        spec.kind === "text" && spec.values ? `: ${spec.values.map((one) => `\`${one}\``).join(", ")}` : "";
      return `| \`${short}--${name}${placeholder}\` | ${cell(spec.summary)}${values} |`;
    });
  return `| option | |\n|---|---|\n${rows.join("\n")}`;
}

function sentence(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}:`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
