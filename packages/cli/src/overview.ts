import { loadAll } from "./catalogue.ts";
import { renderTable } from "./table.ts";

/** What `halfkey` alone and `halfkey --help` print. */
export async function overview(): Promise<string> {
  const commands = await loadAll();
  return `halfkey: secrets by path, through your gateway.

Usage: halfkey <command> [options]

${renderTable(
  commands.map(({ name, summary }) => [`  ${name}`, summary]),
  undefined,
)}
\`halfkey <command> --help\` tells the rest. Without a profile, a Halfkey started
with \`npm start\` in this folder is used.
`;
}
