import { defineCommand } from "../command.ts";
import { candidates } from "../completion/candidates.ts";
import { printable } from "../printable.ts";
import { write } from "../terminal.ts";

/** A shell waits for it at every Tab. */
const patienceMilliseconds = 800;

export const complete = defineCommand({
  name: "__complete",
  hidden: true,
  summary: "for the shells' completion: print what the last word may become, one candidate a line",
  arguments: {
    shell: { summary: "bash, zsh or fish" },
    words: {
      summary: "the command line up to the cursor, without the program's name",
      many: true,
      optional: true,
    },
  },
  options: {},
  formats: ["raw"],
  examples: [],
  async run(context, { arguments: { shell, words } }) {
    const found = await Promise.race([
      // Nobody reads an error between two keystrokes.
      candidates(context, shell, words).catch((): string[] => []),
      new Promise<string[]>((resolve) => setTimeout(() => resolve([]), patienceMilliseconds).unref()),
    ]);
    // A line is a candidate, and a terminal shows it: a name that could be more than that is left out.
    const harmless = found.filter((word) => printable(word) === word);
    await write(context.terminal.output, harmless.map((word) => `${word}\n`).join(""));
  },
});
