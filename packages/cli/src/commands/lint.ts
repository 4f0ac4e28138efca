import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Finding, LintOptions, Source } from "@halfkey/manifests/lint";
import { CliError } from "../cli-error.ts";
import { closest } from "../closest.ts";
import { type Context, defineCommand } from "../command.ts";
import type { Inputs } from "../lint/read-inputs.ts";
import { painter } from "../painter.ts";
import { printable } from "../printable.ts";
import { show } from "../show.ts";
import { renderTable } from "../table.ts";
import { write } from "../terminal.ts";

const failOn = ["error", "warning", "info"] as const;

export const lintCommand = defineCommand({
  name: "lint",
  summary: "look for mistakes in manifests of the External Secrets Operator",
  description:
    "Above all for those that no cluster tells of: empty values, keys that are not in the Secret, versions that are not pinned. Takes files, folders and `-` for stdin, such as the output of `helm template` or `kustomize build`. Needs no gateway and no cluster unless they are asked for. Exit code 1 if there is a finding at or above --fail-on. docs/lint.md",
  arguments: { paths: { summary: "default: this folder", optional: true, many: true, completes: "file" } },
  options: {
    fix: { kind: "flag", summary: "mend what can be mended without changing what was meant" },
    "dry-run": { kind: "flag", summary: "with --fix: print what would change as a diff, and change nothing" },
    "fail-on": { kind: "text", placeholder: "SEVERITY", values: failOn, summary: "default: error" },
    namespace: {
      kind: "text",
      short: "n",
      placeholder: "NAME",
      summary: "of manifests that name none; with --cluster the only one looked at",
    },
    "cluster-store": {
      kind: "list",
      placeholder: "NAME",
      summary:
        "a ClusterSecretStore of the akeyless provider that is not among the manifests; default: cm-akeyless",
    },
    shared: {
      kind: "list",
      placeholder: "PATTERN",
      summary: "paths granted to other namespaces, such as /mdapi/gitlab/api-token or /mdapi/shared/*",
    },
    "path-root": {
      kind: "text",
      placeholder: "PATH",
      summary: "the folder of the namespaces' folders; default: /mdapi",
    },
    online: {
      kind: "flag",
      summary: "also look at the items, through the gateway: empty ones, finds without a match",
    },
    cluster: { kind: "flag", summary: "lint what is in a cluster" },
    context: { kind: "text", placeholder: "NAME", summary: "the kubeconfig's context, with --cluster" },
    kubeconfig: { kind: "text", placeholder: "FILE", completes: "file", summary: "with --cluster" },
    rules: { kind: "flag", summary: "list the rules" },
    explain: { kind: "text", placeholder: "RULE", summary: "print the page of a rule, by id or name" },
  },
  formats: ["table", "json", "sarif"],
  examples: [
    { command: "halfkey lint", summary: "all manifests below this folder" },
    {
      command: "helm template . | halfkey lint --namespace joplin -",
      summary: "a chart, as it will be applied",
    },
    { command: "halfkey lint --fix --dry-run deploy/", summary: "what would be mended" },
    { command: "halfkey lint -o sarif deploy/ > lint.sarif", summary: "for code scanning" },
    { command: "halfkey lint --cluster --fail-on warning", summary: "everything that is in the cluster" },
    { command: "halfkey lint --explain HK008", summary: "why, with examples" },
  ],
  async run(context, { arguments: { paths }, options }) {
    if (options.rules) return listRules(context);
    if (options.explain !== undefined) return explain(context, options.explain);
    checkTogether(options, paths);
    const inputs = await inputsOf(context, paths, options);
    const lintOptions: LintOptions = {
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
      ...(options["cluster-store"].length === 0 ? {} : { clusterStores: options["cluster-store"] }),
      ...(options["path-root"] === undefined ? {} : { pathRoot: options["path-root"] }),
      shared: options.shared,
    };
    if (options.online) {
      const { itemFacts } = await import("../lint/item-facts.ts");
      lintOptions.items = await itemFacts(context, inputs.sources);
    }
    for (const note of inputs.notes)
      await write(context.terminal.error, `halfkey: note: ${printable(note)}\n`);
    const threshold = failOn.find((one) => one === options["fail-on"]) ?? "error";
    if (options.fix) return mend(context, inputs, lintOptions, options["dry-run"], threshold);
    const { lint } = await import("@halfkey/manifests/lint");
    const all = lintOf(() => lint(inputs.sources, lintOptions));
    // The API server sorts the keys of maps, so their order there is nobody's.
    const findings = options.cluster ? all.filter(({ name }) => name !== "literal-after-template") : all;
    await report(context, findings, inputs.sources);
    await conclude(context, findings, threshold);
  },
});

interface Choice {
  fix: boolean;
  "dry-run": boolean;
  cluster: boolean;
  context: string | undefined;
  kubeconfig: string | undefined;
  namespace: string | undefined;
}

function checkTogether(options: Choice, paths: readonly string[]): void {
  const next = "halfkey lint --help";
  if (options.cluster && paths.length > 0) throw new CliError("give paths or --cluster, not both", { next });
  if (options.cluster && options.fix) {
    throw new CliError("--fix writes files, and the cluster is none", {
      next: "mend the manifests that it is made from",
    });
  }
  if (options.fix && paths.includes("-")) {
    throw new CliError("--fix writes files, and stdin is none", { next: "name the files" });
  }
  if (options["dry-run"] && !options.fix) throw new CliError("--dry-run is for --fix", { next });
  if (!options.cluster && (options.context ?? options.kubeconfig) !== undefined) {
    throw new CliError("--context and --kubeconfig are for --cluster", { next });
  }
}

async function inputsOf(context: Context, paths: readonly string[], options: Choice): Promise<Inputs> {
  if (options.cluster) {
    const { clusterSources } = await import("../lint/cluster-sources.ts");
    return { sources: await clusterSources(options), files: new Map(), notes: [] };
  }
  const { readInputs } = await import("../lint/read-inputs.ts");
  return readInputs(context, paths.length === 0 ? ["."] : paths, options.fix);
}

/** A pattern that is none is a mistake of the command line. */
function lintOf<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code !== "E_PATH") throw error;
    throw new CliError(message, { where: "--shared", next: "halfkey lint --help" });
  }
}

async function report(
  context: Context,
  findings: readonly Finding[],
  sources: readonly Source[],
): Promise<void> {
  const { terminal, environment } = context;
  if (context.format === "sarif") {
    const { sarifReport } = await import("../lint/sarif-report.ts");
    const manifest = readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8");
    const sarif = sarifReport(findings, JSON.parse(manifest).version);
    return write(terminal.output, `${JSON.stringify(sarif, null, 2)}\n`);
  }
  const { textReport } = await import("../lint/text-report.ts");
  await show(context, {
    data: findings,
    text: textReport(findings, sources, painter(terminal.output, environment)),
  });
}

async function conclude(
  { terminal }: Context,
  findings: readonly Finding[],
  threshold: (typeof failOn)[number],
): Promise<void> {
  const { counted } = await import("../lint/text-report.ts");
  const bad = failOn.slice(0, failOn.indexOf(threshold) + 1) as readonly string[];
  if (!findings.some(({ severity }) => bad.includes(severity))) {
    if (findings.length > 0) await write(terminal.error, `halfkey: ${counted(findings)}\n`);
    return;
  }
  const mendable = findings.filter(({ edits }) => edits.length > 0).length;
  throw new CliError(counted(findings), {
    next: mendable > 0 ? `halfkey lint --fix mends ${mendable}` : "halfkey lint --explain RULE says why",
  });
}

async function mend(
  context: Context,
  { sources, files }: Inputs,
  options: LintOptions,
  isDryRun: boolean,
  threshold: (typeof failOn)[number],
): Promise<void> {
  const { fix } = await import("@halfkey/manifests/lint");
  const { lineDiff } = await import("../lint/line-diff.ts");
  const fixed = lintOf(() => fix(sources, options));
  let changed = 0;
  for (const [file, source] of files) {
    const after = fixed.sources[sources.indexOf(source)]?.text ?? source.text;
    if (after === source.text) continue;
    changed += 1;
    if (isDryRun) await write(context.terminal.output, lineDiff(source.file, source.text, after));
    else writeFileSync(file, after);
  }
  const what = `${isDryRun ? "would mend" : "mended"} ${fixed.count} in ${changed} ${changed === 1 ? "file" : "files"}`;
  await write(context.terminal.error, `halfkey: ${what}\n`);
  if (!isDryRun) await report(context, fixed.findings, fixed.sources);
  await conclude(context, fixed.findings, threshold);
}

async function listRules(context: Context): Promise<void> {
  const { rules } = await import("@halfkey/manifests/lint");
  const data = rules.map(({ id, name, severity, silent, fixable, online, summary }) => {
    return {
      id,
      name,
      severity,
      silent: silent === true,
      fixable: fixable === true,
      online: online === true,
      summary,
    };
  });
  const rows = data.map(({ id, name, severity, silent, fixable, online, summary }) => {
    const marks = [silent && "silent", fixable && "--fix", online && "--online"].filter(Boolean).join(" ");
    return [id, name, severity, marks, summary.replaceAll("`", "")];
  });
  await show(context, { data, text: renderTable(rows, ["ID", "NAME", "SEVERITY", "", "WHAT"]) });
}

async function explain(context: Context, wanted: string): Promise<void> {
  const { rulePage, rules } = await import("@halfkey/manifests/lint");
  const rule = rules.find(({ id, name }) => id === wanted.toUpperCase() || name === wanted);
  if (!rule) {
    const near = closest(
      wanted,
      rules.map(({ name }) => name),
    );
    throw new CliError("there is no such rule", {
      next: near ? `did you mean ${near}?` : "halfkey lint --rules",
    });
  }
  await show(context, { data: { ...rule, kinds: [...rule.kinds] }, text: rulePage(rule) });
}
