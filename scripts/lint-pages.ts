import { ownRules, rulePage, rules } from "../packages/manifests/src/lint.ts";

export const lintFolder = "docs/lint";

/** Pages in the folder that are written by hand. */
export const handWritten = ["template-trap.md"];

/** One page per rule, and one that lists them. */
export function lintPages(note: string): [string, string][] {
  const pages = rules.map((rule): [string, string] => [
    `${lintFolder}/${fileOf(rule)}`,
    rulePage(rule, note),
  ]);
  return [[`${lintFolder}/README.md`, listPage(note)], ...pages];
}

function fileOf({ id, name }: { id: string; name: string }): string {
  return `${id}-${name}.md`;
}

function listPage(note: string): string {
  const rows = rules.map((rule) => {
    const marks = [rule.silent && "silent", rule.fixable && "`--fix`", rule.online && "`--online`"].filter(
      Boolean,
    );
    return `| [${rule.id} ${rule.name}](${fileOf(rule)}) | ${rule.severity} | ${marks.join(", ")} | ${cell(rule.summary)} |`;
  });
  const own = ownRules.map(
    ({ id, name, severity, summary, effect }) => `- **${id} ${name}** (${severity}): ${summary}. ${effect}`,
  );
  return `# Rules of halfkey lint

${note}

How to use it is in [../lint.md](../lint.md); why values come out empty is in [template-trap.md](template-trap.md). *Silent*
means that nothing in the cluster tells of the mistake: the ExternalSecret says that all is well.

| rule | severity | | what is wrong |
|---|---|---|---|
${rows.join("\n")}

What the lint says about its own work:

${own.join("\n")}
`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
