import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineCommand } from "../command.ts";
import { printableJson } from "../printable.ts";
import { write } from "../terminal.ts";

export const version = defineCommand({
  name: "version",
  summary: "print the version of this program",
  arguments: {},
  options: {},
  formats: ["table", "json", "raw"],
  examples: [],
  async run({ terminal, format }) {
    const manifest = readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8");
    const own: string = JSON.parse(manifest).version;
    const node = process.versions.node;
    const texts = {
      table: `halfkey ${own} (Node ${node})`,
      json: printableJson({ version: own, node }),
      raw: own,
    };
    await write(terminal.output, `${texts[format]}\n`);
  },
});
