import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineCommand } from "../command.ts";
import { show } from "../show.ts";

export const version = defineCommand({
  name: "version",
  section: "setup",
  summary: "print the version of this program",
  arguments: {},
  options: {},
  formats: ["table", "json", "yaml", "raw"],
  examples: [{ command: "halfkey version -o raw", summary: "the bare number" }],
  async run(context) {
    const manifest = readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8");
    const own: string = JSON.parse(manifest).version;
    const node = process.versions.node;
    await show(context, {
      data: { version: own, node },
      text: `halfkey ${own} (Node ${node})\n`,
      raw: `${own}\n`,
    });
  },
});
