import type { Rule } from "./rule.ts";

const severityWords = { error: "Error", warning: "Warning", info: "Remark" } as const;

/** All about one rule, in Markdown: for the documentation, and for `halfkey lint --explain`. */
export function rulePage(rule: Rule, note?: string): string {
  const marks = [
    severityWords[rule.severity],
    rule.silent && "**silent**: nothing in the cluster tells of it",
    rule.fixable && "mended by `--fix`",
    rule.online && "looked for with `--online` only",
  ].filter(Boolean);
  const items = Object.entries(rule.exampleItems ?? {}).map(
    ([path, value]) => `\`${path}\` is \`${value || '""'}\``,
  );
  const parts = [
    `# ${rule.id} ${rule.name}`,
    note,
    `${rule.summary[0]?.toUpperCase()}${rule.summary.slice(1)}.`,
    `${marks.join("; ")}.`,
    "## What happens",
    rule.effect,
    "## Found",
    items.length > 0 && `Where ${items.join(" and ")}:`,
    `\`\`\`yaml\n${rule.bad}\`\`\``,
    "## Clean",
    `\`\`\`yaml\n${rule.good}\`\`\``,
    "## How it is known",
    rule.source,
    `To ignore it in one place: \`# halfkey-lint-ignore ${rule.id}: why\` above the line.`,
  ];
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}
