import { type Finding, ownRules, rules, type Severity } from "@halfkey/manifests/lint";

const levels: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "note" };

/**
 * Findings as GitHub, GitLab and others read them.
 *
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarifReport(findings: readonly Finding[], version: string): object {
  const all = [...ownRules, ...rules];
  const indexOf = new Map(all.map(({ id }, index) => [id, index]));
  return {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        columnKind: "utf16CodeUnits",
        tool: {
          driver: {
            name: "halfkey lint",
            version,
            rules: all.map(({ id, name, severity, summary, effect }) => ({
              id,
              name,
              shortDescription: { text: summary },
              fullDescription: { text: effect },
              help: { text: effect, markdown: effect },
              defaultConfiguration: { level: levels[severity] },
            })),
          },
        },
        results: findings.map((finding) => ({
          ruleId: finding.rule,
          ruleIndex: indexOf.get(finding.rule),
          level: levels[finding.severity],
          message: { text: finding.message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(finding.file) },
                region: regionOf(finding),
              },
              ...(finding.subject === undefined
                ? {}
                : { logicalLocations: [{ fullyQualifiedName: finding.subject }] }),
            },
          ],
          ...(finding.edits.length === 0 ? {} : { fixes: [fixOf(finding)] }),
        })),
      },
    ],
  };
}

function regionOf({ start, end, range }: Finding) {
  return {
    startLine: start.line,
    startColumn: start.column,
    endLine: end.line,
    endColumn: end.column,
    charOffset: range.start,
    charLength: range.end - range.start,
  };
}

function fixOf({ file, edits, name }: Finding) {
  return {
    description: { text: `halfkey lint --fix (${name})` },
    artifactChanges: [
      {
        artifactLocation: { uri: uriOf(file) },
        replacements: edits.map(({ start, end, text }) => ({
          deletedRegion: { charOffset: start, charLength: end - start },
          insertedContent: { text },
        })),
      },
    ],
  };
}

function uriOf(file: string): string {
  return encodeURI(file.replaceAll("\\", "/").replace(/^\.\//, ""));
}
