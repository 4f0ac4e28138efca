import { CliError, ServerRefusal } from "../cli-error.ts";
import { defineCommand } from "../command.ts";
import type { Gateway } from "../gateway.ts";
import { valueOption } from "../item-options.ts";
import { printable } from "../printable.ts";
import { readValue } from "../read-value.ts";
import { show } from "../show.ts";

export const put = defineCommand({
  name: "put",
  summary: "store a value at a path, as a new item or a new version",
  description: "The value comes from stdin (on a terminal it is asked for without echo), byte for byte.",
  arguments: {
    path: { summary: "where, such as /mdapi/joplin/tsig-secret/tsig-secret-key", completes: "path" },
  },
  options: {
    "value-file": {
      kind: "text",
      placeholder: "FILE",
      completes: "file",
      summary: "read the value from a file, or - for stdin",
    },
    value: valueOption,
    "create-only": { kind: "flag", summary: "fail if the item exists" },
    "update-only": { kind: "flag", summary: "fail if the item does not exist" },
    cas: {
      kind: "integer",
      minimum: 0,
      placeholder: "N",
      summary: "store only if N is the current version; 0 is the same as --create-only",
    },
  },
  formats: ["table", "json", "yaml", "raw"],
  examples: [
    { command: "printf %s hello | halfkey put /mdapi/demo/greeting/text", summary: "from a pipe" },
    { command: "halfkey put /mdapi/demo/tls/key --value-file key.pem", summary: "from a file" },
    { command: "halfkey put /mdapi/demo/greeting/text --cas 3 < new.txt", summary: "if nobody was faster" },
  ],
  async run(context, { arguments: { path }, options }) {
    const { cas } = options;
    const createOnly = options["create-only"] || cas === 0;
    const updateOnly = options["update-only"] || (cas !== undefined && cas > 0);
    if (createOnly && updateOnly) throw new CliError("these options exclude each other: create or update?");

    const value = await readValue(context, { literal: options.value, file: options["value-file"] });
    const gateway = await context.gateway();
    const created = !updateOnly && (await tryCreate(gateway, path, value, createOnly));
    const answer = created || (await update(gateway, path, value, cas));
    const version = await versionOf(gateway, path, answer);

    await show(context, {
      data: { path, version, created: created !== false },
      text: `${created ? "created" : "updated"} ${printable(path)}, version ${version}\n`,
      raw: `${version}\n`,
    });
  },
});

type Answer = Record<string, unknown>;

/** @returns false if the item exists and may be updated instead. */
async function tryCreate(
  gateway: Gateway,
  path: string,
  value: string,
  createOnly: boolean,
): Promise<Answer | false> {
  try {
    return await gateway.call("create-secret", { name: path, value }, { path, changes: true });
  } catch (error) {
    const exists = error instanceof ServerRefusal && error.status === 409;
    if (exists && !createOnly) return false;
    throw error;
  }
}

function update(gateway: Gateway, path: string, value: string, cas: number | undefined): Promise<Answer> {
  const fields = { name: path, value, ...(cas === undefined ? {} : { "last-version": cas }) };
  return gateway.call("update-secret-val", fields, { path, changes: true });
}

/** Akeyless's answers to a write name no version; ours do where they can. */
async function versionOf(gateway: Gateway, path: string, answer: Answer): Promise<number> {
  if (typeof answer.version === "number") return answer.version;
  const item = await gateway.call("describe-item", { name: path }, { path });
  return Number(item.last_version);
}
