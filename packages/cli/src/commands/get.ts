import { CliError } from "../cli-error.ts";
import { defineCommand } from "../command.ts";
import { fieldsOf, fieldText } from "../exact-json.ts";
import { readSecret } from "../read-secret.ts";
import { show } from "../show.ts";
import { showValue } from "../show-value.ts";
import { write } from "../terminal.ts";

export const get = defineCommand({
  name: "get",
  summary: "print a value, exactly and without a line break of its own",
  description:
    "On a terminal, control characters in the value are written out, unless --raw is given. `-o env` prints lines for a shell: the fields of a JSON object, or the whole value under the path's last part.",
  arguments: { path: { summary: "the item's path", completes: "path" } },
  options: {
    version: { kind: "integer", minimum: 1, placeholder: "N", summary: "an older version" },
    field: { kind: "text", placeholder: "KEY", summary: "one field of a value that is a JSON object" },
    local: { kind: "flag", summary: "decrypt here: the plaintext never exists in the gateway" },
    raw: { kind: "flag", summary: "send control characters to the terminal as they are" },
  },
  formats: ["raw", "json", "yaml", "env"],
  examples: [
    { command: "halfkey get /mdapi/demo/greeting/text", summary: "the newest version" },
    { command: "halfkey get /mdapi/demo/registry --field password", summary: "one field of a JSON value" },
    { command: 'PASSWORD="$(halfkey get /mdapi/demo/db/password)"', summary: "in a shell script" },
    { command: 'eval "$(halfkey get /mdapi/demo/db -o env)"', summary: "all fields of a JSON value" },
  ],
  async run(context, { arguments: { path }, options }) {
    const gateway = await context.gateway();
    const whole = options.local
      ? await (await import("../read-local.ts")).readLocal(gateway, path, options.version)
      : await readSecret(gateway, path, options.version);
    const value = options.field === undefined ? whole : fieldOf(whole, options.field, path);
    if (context.format === "raw") return showValue(context, value, options);
    if (context.format !== "env") return show(context, { data: { path, value }, text: value });
    const { envLines } = await import("../env-lines.ts");
    await write(context.terminal.output, envLines(options.field ?? path, value));
  },
});

/** The error names the field, which the user typed, and nothing of the value. */
function fieldOf(text: string, field: string, path: string): string {
  const fields = fieldsOf(text);
  if (!fields) throw new CliError("the value is no JSON object, so it has no fields", { where: path });
  if (!fields.has(field)) {
    throw new CliError(`the value has no field ${JSON.stringify(field)}`, { where: path });
  }
  return fieldText(fields.get(field));
}
