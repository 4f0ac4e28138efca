import { CliError } from "../cli-error.ts";
import { type Context, defineCommand } from "../command.ts";
import { printableJson, printableValue } from "../printable.ts";
import { parseObject } from "../profile.ts";
import { write } from "../terminal.ts";

export const get = defineCommand({
  name: "get",
  summary: "print a value, exactly and without a line break of its own",
  description: "On a terminal, control characters in the value are written out, unless --raw is given.",
  arguments: { path: { summary: "the item's path" } },
  options: {
    version: { kind: "integer", minimum: 1, placeholder: "N", summary: "an older version" },
    field: { kind: "text", placeholder: "KEY", summary: "one field of a value that is a JSON object" },
    raw: { kind: "flag", summary: "send control characters to the terminal as they are" },
  },
  formats: ["raw", "json"],
  examples: [
    { command: "halfkey get /mdapi/demo/greeting/text", summary: "the newest version" },
    { command: "halfkey get /mdapi/demo/registry --field password", summary: "one field of a JSON value" },
    { command: 'PASSWORD="$(halfkey get /mdapi/demo/db/password)"', summary: "in a shell script" },
  ],
  async run(context, { arguments: { path }, options }) {
    const gateway = await context.gateway();
    const { version } = options;
    const fields = { names: [path], ...(version === undefined ? {} : { version }) };
    const answer = await gateway.call("get-secret-value", fields, { path });
    const whole = Object.hasOwn(answer, path) ? answer[path] : undefined;
    if (whole === undefined) {
      throw new CliError("the gateway answered without the value", { exitCode: 2, where: path });
    }
    const text = typeof whole === "string" ? whole : JSON.stringify(whole);
    const value = options.field === undefined ? text : fieldOf(text, options.field, path);
    await print(context, path, value, options.raw);
  },
});

async function print(context: Context, path: string, value: string, raw: boolean): Promise<void> {
  const { output, error } = context.terminal;
  if (context.format === "json") return write(output, `${printableJson({ path, value })}\n`);
  if (!output.isTTY || raw) return write(output, value);
  const shown = printableValue(value);
  await write(output, shown);
  if (shown !== value) {
    await write(error, "\nhalfkey: note: control characters are written out; --raw shows them as they are\n");
  }
}

/** The error names the field, which the user typed, and nothing of the value. */
function fieldOf(text: string, field: string, path: string): string {
  const object = parseObject(text);
  if (!object) throw new CliError("the value is no JSON object, so it has no fields", { where: path });
  if (!Object.hasOwn(object, field)) {
    throw new CliError(`the value has no field ${JSON.stringify(field)}`, { where: path });
  }
  const value = object[field];
  return typeof value === "string" ? value : JSON.stringify(value);
}
