import type { Place } from "../place.ts";
import { rules as allRules } from "../rules/rules.ts";
import { contextOf, type LintOptions } from "./context-of.ts";
import type { Finding, Range } from "./finding.ts";
import { type Ignore, ignoresOf } from "./ignores.ts";
import { LineIndex } from "./line-index.ts";
import type { Manifest, Source } from "./manifest.ts";
import { ignoreWithoutReason, unreadable } from "./own-rules.ts";
import { readManifests, type Unreadable } from "./read-manifests.ts";
import type { Detail, Rule } from "./rule.ts";

/**
 * Looks for the mistakes of {@link allRules} in texts that belong together, as the manifests of one cluster do. It
 * never throws, whatever the texts are.
 *
 * @returns by file in the order given, then by place
 */
export function lint(sources: readonly Source[], options: LintOptions = {}): Finding[] {
  const readings = sources.map((source) => readManifests(source));
  const context = contextOf(
    readings.flatMap(({ manifests }) => manifests),
    options,
  );
  return sources.flatMap((source, at) => {
    const { manifests = [], unreadable: broken = [] } = readings[at] ?? {};
    if (manifests.length === 0 && broken.length === 0) return [];
    const index = new LineIndex(source.text);
    const ignores = ignoresOf(source.text, index);
    const findings = [
      ...broken.map((one) => unreadableFinding(one, index)),
      ...manifests.flatMap((manifest) =>
        findingsOf(manifest, index, context).filter(
          (finding) => !isIgnored(finding, manifest, ignores, index),
        ),
      ),
      ...ignores.filter(isIdle).map((ignore) => idleFinding(source, ignore, index)),
    ];
    return findings.sort((a, b) => a.range.start - b.range.start || (a.rule < b.rule ? -1 : 1));
  });
}

function findingsOf(manifest: Manifest, index: LineIndex, context: ReturnType<typeof contextOf>): Finding[] {
  const findings: Finding[] = [];
  for (const rule of allRules) {
    if (!rule.kinds.includes(manifest.kind)) continue;
    rule.check(
      manifest,
      (place, message, detail = {}) => {
        const range = detail.within
          ? rangeWithin(manifest, place, detail.within)
          : detail.atKey
            ? manifest.keyRangeOf(place)
            : manifest.rangeOf(place);
        findings.push(findingOf(rule, manifest, place, message, detail, firstLine(range, manifest), index));
      },
      context,
    );
  }
  return findings;
}

function findingOf(
  rule: Rule,
  manifest: Manifest,
  place: Place,
  message: string,
  detail: Detail,
  range: Range,
  index: LineIndex,
): Finding {
  return {
    rule: rule.id,
    name: rule.name,
    severity: detail.severity ?? rule.severity,
    message,
    file: manifest.source.file,
    origin: manifest.origin,
    range,
    start: index.position(range.start),
    end: index.position(range.end),
    subject: manifest.subject,
    place,
    edits: detail.edits ?? [],
  };
}

/** An action where it stands in the text; the whole value where quoting or indentation changed its letters. */
function rangeWithin(
  manifest: Manifest,
  place: Place,
  { text, at, end }: NonNullable<Detail["within"]>,
): Range {
  const whole = manifest.rangeOf(place);
  const raw = manifest.textOf(whole);
  const wanted = text.slice(at, end);
  let found = -1;
  for (let from = text.indexOf(wanted); from !== -1 && from <= at; from = text.indexOf(wanted, from + 1)) {
    found = raw.indexOf(wanted, found + 1);
    if (found === -1) return whole;
  }
  if (found === -1 || wanted === "") return whole;
  return { start: whole.start + found, end: whole.start + found + wanted.length };
}

/** Whoever reads a finding looks at its first line. */
function firstLine({ start, end }: Range, { source }: Manifest): Range {
  const line = source.text.slice(start, end).search(/\r?\n/);
  return { start, end: line === -1 ? end : start + line };
}

function isIgnored(
  finding: Finding,
  manifest: Manifest,
  ignores: readonly Ignore[],
  index: LineIndex,
): boolean {
  if (ignores.length === 0) return false;
  // A comment above a key is about everything below the key, one above the manifest about all of it.
  const lines = new Set([finding.start.line, index.position(manifest.rangeOf([]).start).line]);
  for (let length = 1; length <= finding.place.length; length += 1) {
    lines.add(index.position(manifest.keyRangeOf(finding.place.slice(0, length)).start).line);
  }
  return ignores.some(
    (ignore) =>
      !isIdle(ignore) &&
      ignore.lines.some((line) => lines.has(line)) &&
      (ignore.rules.includes(finding.rule) || ignore.rules.includes(finding.name)),
  );
}

function isIdle({ reason, rules }: Ignore): boolean {
  return (
    reason === "" ||
    rules.length === 0 ||
    !rules.every((one) => allRules.some(({ id, name }) => one === id || one === name))
  );
}

function idleFinding(source: Source, { at, end, reason }: Ignore, index: LineIndex): Finding {
  const range = { start: at, end };
  return {
    ...outside(ignoreWithoutReason, source, range, index),
    message:
      reason === ""
        ? "this comment says no reason, so it ignores nothing"
        : "this comment names no rule that there is",
  };
}

function unreadableFinding({ source, origin, range, why }: Unreadable, index: LineIndex): Finding {
  // A chart's own template is no YAML before Helm has been at it.
  const isChart =
    /\{\{-?\s*(?:if|with|range|end|include|define|template|\.Values|\.Release|\.Chart)\b|\{\{-?\s*[$]?\.(?:Values|Release|Chart)\b/.test(
      source.text,
    );
  return {
    ...outside(unreadable, source, range, index),
    origin,
    severity: isChart ? "info" : unreadable.severity,
    message: isChart
      ? "looks like a template of a Helm chart: lint what `helm template` prints"
      : `no YAML: ${why}`,
  };
}

function outside(
  { id, name, severity, summary }: Pick<Rule, "id" | "name" | "severity" | "summary">,
  source: Source,
  range: Range,
  index: LineIndex,
): Finding {
  return {
    rule: id,
    name,
    severity,
    message: summary,
    file: source.file,
    origin: undefined,
    range,
    start: index.position(range.start),
    end: index.position(range.end),
    subject: undefined,
    place: [],
    edits: [],
  };
}
