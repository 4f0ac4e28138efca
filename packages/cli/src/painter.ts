import type { Terminal } from "./terminal.ts";

export interface Painter {
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

const plain: Painter = { red: (text) => text, green: (text) => text, yellow: (text) => text };
const coloured: Painter = {
  red: (text) => `\u001b[31m${text}\u001b[39m`,
  green: (text) => `\u001b[32m${text}\u001b[39m`,
  yellow: (text) => `\u001b[33m${text}\u001b[39m`,
};

/** Colours for a terminal that shows them; none into a pipe or a file, and none if `NO_COLOR` is set (no-color.org). */
export function painter(stream: Terminal["output"], environment: NodeJS.ProcessEnv): Painter {
  const wanted = stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== "dumb";
  return wanted ? coloured : plain;
}
