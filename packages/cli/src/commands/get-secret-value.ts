import { CliError } from "../cli-error.ts";
import { type Context, defineCommand } from "../command.ts";
import type { Gateway } from "../gateway.ts";
import { withoutEffect } from "../item-options.ts";
import { printableJson } from "../printable.ts";
import { readSecret, valueIn } from "../read-secret.ts";
import { show } from "../show.ts";
import { showValue } from "../show-value.ts";
import { write } from "../terminal.ts";
import { versionsOf } from "../version-view.ts";

const lastVersionsMax = 20;

export const getSecretValue = defineCommand({
  name: "get-secret-value",
  section: "akeyless",
  summary: "print a value, or several as a JSON object",
  description:
    "One name prints the bare value: its exact bytes into a pipe or a file, with a line break added on a terminal. Several names print an object from name to value, and so do the last N versions (--version=-N), from version to value.",
  arguments: {},
  options: {
    name: {
      kind: "list",
      short: "n",
      placeholder: "NAME",
      completes: "path",
      summary: "the item's path; may be repeated",
    },
    version: {
      kind: "integer",
      minimum: -lastVersionsMax,
      placeholder: "N",
      summary: "an older version; -N for the last N versions; 0 is the newest",
    },
    "ignore-cache": { kind: "flag", summary: "sent along; every read reaches the vault either way" },
    raw: { kind: "flag", summary: "send control characters to the terminal as they are" },
    "pretty-print": { kind: "flag", hidden: true, summary: "without effect" },
    ...withoutEffect,
  },
  formats: ["raw", "json", "yaml"],
  examples: [
    { command: "halfkey get-secret-value -n /mdapi/demo/greeting/text", summary: "the newest version" },
    {
      command: "halfkey get-secret-value -n /mdapi/demo/db/user -n /mdapi/demo/db/password",
      summary: "several, as a JSON object",
    },
    {
      command: "halfkey get-secret-value -n /mdapi/demo/greeting/text --version=-2",
      summary: "the last two versions",
    },
  ],
  async run(context, { options }) {
    const [path, ...others] = options.name;
    if (path === undefined) throw new CliError("required option '-n, --name <NAME>' not specified");
    const { version = 0 } = options;
    const gateway = await context.gateway();
    if (version < 0) {
      if (others.length > 0) throw new CliError("the last versions are of one name", { where: path });
      return showMap(context, await lastVersions(gateway, path, -version));
    }
    const fields = {
      names: options.name,
      ...(version === 0 ? {} : { version }),
      ...(options["ignore-cache"] ? { "ignore-cache": "true" } : {}),
    };
    const about = others.length === 0 ? { path } : {};
    const answer = await gateway.call("get-secret-value", fields, about);
    if (others.length > 0 || context.format !== "raw") return showMap(context, answer);
    await showValue(context, valueIn(answer, path), options);
    if (context.terminal.output.isTTY) await write(context.terminal.output, "\n");
  },
});

/** Oldest first, as `akeyless` prints them. */
async function lastVersions(gateway: Gateway, path: string, count: number): Promise<Record<string, string>> {
  const item = await gateway.call("describe-item", { name: path, "show-versions": true }, { path });
  const wanted = versionsOf(item).slice(0, count).reverse();
  const values = wanted.map(
    async ({ version }) => [version, await readSecret(gateway, path, version)] as const,
  );
  return Object.fromEntries(await Promise.all(values));
}

function showMap(context: Context, data: Record<string, unknown>): Promise<void> {
  return show(context, { data, text: `${printableJson(data)}\n` });
}
