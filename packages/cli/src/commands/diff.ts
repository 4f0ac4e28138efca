import { CliError } from "../cli-error.ts";
import { type Context, defineCommand } from "../command.ts";
import type { Gateway } from "../gateway.ts";
import { versionNumber } from "../item-options.ts";
import { painter } from "../painter.ts";
import { printable } from "../printable.ts";
import { readSecret } from "../read-secret.ts";
import { show } from "../show.ts";
import { type Change, diffFields, diffLines, type FieldDiff } from "../value-diff.ts";
import { versionsOf } from "../version-view.ts";

export const diff = defineCommand({
  name: "diff",
  summary: "compare two versions of an item, with the values masked",
  description:
    "Without versions, the newest is compared with the one before; with one version, that one with the newest. Of values that are JSON objects, every field is named as changed, unchanged, added or removed. Reading both versions is what needs the right to read.",
  arguments: {
    path: { summary: "the item's path", completes: "path" },
    from: { summary: "a version", optional: true },
    to: { summary: "another version", optional: true },
  },
  options: { show: { kind: "flag", summary: "print the values, too" } },
  formats: ["table", "json", "yaml"],
  examples: [
    { command: "halfkey diff /mdapi/demo/greeting/text", summary: "what the last update changed" },
    {
      command: "halfkey diff /mdapi/demo/greeting/text 1 3 --show",
      summary: "two versions, with their values",
    },
  ],
  async run(context, { arguments: { path, from, to }, options }) {
    const gateway = await context.gateway();
    const [old, young] = await versionsToCompare(gateway, path, from, to);
    const before = await readSecret(gateway, path, old);
    const after = await readSecret(gateway, path, young);
    const fields = diffFields(before, after);
    const same = before === after;
    const values = options.show && !fields ? { before, after } : {};
    await show(context, {
      data: {
        path,
        from: old,
        to: young,
        same,
        ...(fields ? { fields: options.show ? fields : fields.map(masked) } : values),
      },
      text: [
        `${printable(path)}: version ${old} and version ${young}`,
        ...(same ? ["the values are the same"] : []),
        ...(!same && fields ? fieldLines(context, fields, options.show) : []),
        ...(same || fields ? [] : textLines(context, before, after, options.show)),
        "",
      ].join("\n"),
    });
  },
});

async function versionsToCompare(
  gateway: Gateway,
  path: string,
  from: string | undefined,
  to: string | undefined,
): Promise<[number, number]> {
  const first = from === undefined ? undefined : versionNumber(from);
  if (first !== undefined && to !== undefined) return [first, versionNumber(to)];
  const item = await gateway.call("describe-item", { name: path, "show-versions": true }, { path });
  const [newest, previous] = versionsOf(item).map(({ version }) => version);
  if (newest !== undefined && first !== undefined) return [first, newest];
  if (newest !== undefined && previous !== undefined) return [previous, newest];
  throw new CliError("there is one version only, and nothing to compare it with", { where: path });
}

function masked({ field, change }: FieldDiff): Pick<FieldDiff, "field" | "change"> {
  return { field, change };
}

const signs: Record<Change, string> = { changed: "~", unchanged: " ", added: "+", removed: "-" };

function fieldLines(context: Context, fields: readonly FieldDiff[], withValues: boolean): string[] {
  if (fields.every(({ change }) => change === "unchanged")) {
    return ["all fields are the same; only their order or the spacing differs"];
  }
  const paint = painter(context.terminal.output, context.environment);
  return fields.flatMap(({ field, change, before, after }) => {
    const line = `${signs[change]} ${printable(field)}: ${change}`;
    if (!withValues || change === "unchanged") return [line];
    return [
      line,
      ...(before === undefined ? [] : [paint.red(`    - ${printable(before)}`)]),
      ...(after === undefined ? [] : [paint.green(`    + ${printable(after)}`)]),
    ];
  });
}

function textLines(context: Context, before: string, after: string, withValues: boolean): string[] {
  if (!withValues) return ["the value changed; --show prints it"];
  const paint = painter(context.terminal.output, context.environment);
  const { removed, added } = diffLines(before, after);
  return [
    ...removed.map((line) => paint.red(`- ${printable(line)}`)),
    ...added.map((line) => paint.green(`+ ${printable(line)}`)),
  ];
}
