import { catalogue, loadAll } from "./catalogue.ts";
import { CliError } from "./cli-error.ts";
import { closest } from "./closest.ts";
import type { Command, Section } from "./command.ts";
import { renderTable } from "./table.ts";
import { isGroup, namesBelow } from "./take-name.ts";

/** The sections in the order of every list, with their headings. */
export const sections: Record<Section, string> = {
  everyday: "Secrets, every day",
  cluster: "In a Kubernetes cluster",
  akeyless: "As in the akeyless program",
  setup: "Setting up",
};

/** The commands of one section that are for people, in the catalogue's order. */
export function commandsOf(section: Section, commands: readonly Command[]): Command[] {
  return commands.filter(({ section: own = "everyday", hidden }) => own === section && !hidden);
}

/** What `halfkey` alone and `halfkey --help` print. */
export async function overview(): Promise<string> {
  const commands = await loadAll();
  const lists = Object.entries(sections).map(
    ([section, heading]) => `${heading}:\n${listOf(commandsOf(section as Section, commands))}`,
  );
  return `halfkey: secrets by path, through your gateway.

Usage: halfkey <command> [options]

${lists.join("\n")}
\`halfkey <command> --help\` tells the rest. Without a profile, a Halfkey started
with \`npm start\` in this folder is used.
`;
}

/** What `halfkey tag` prints. */
export async function groupOverview(group: string): Promise<string> {
  const commands = (await loadAll()).filter(({ name }) => name.startsWith(`${group} `));
  return `Usage: halfkey ${group} <command> [options]\n\n${listOf(commands)}`;
}

export function unknownCommand(name: string, rest: readonly string[]): CliError {
  if (isGroup(name)) {
    return new CliError(`${name} wants one of: ${namesBelow(name).join(", ")}`, {
      next: `halfkey ${name} --help`,
    });
  }
  const spoken = Object.keys(catalogue).filter((known) => !known.startsWith("__"));
  const second = rest.find((word) => !word.startsWith("-"));
  const close =
    closest(name, spoken) ?? closest(`${name} ${second}`, spoken) ?? closest(`${name}-${second}`, spoken);
  return new CliError(`there is no command ${JSON.stringify(name.slice(0, 40))}`, {
    next: close ? `did you mean halfkey ${close}? halfkey --help lists all` : "halfkey --help",
  });
}

function listOf(commands: readonly Command[]): string {
  return renderTable(
    commands.map(({ name, summary }) => [`  ${name}`, summary]),
    undefined,
  );
}
